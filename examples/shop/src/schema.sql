-- Run at each start: everything here can be run again.

CREATE TABLE IF NOT EXISTS items (
    sku         TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    price_cents INTEGER NOT NULL,
    stock       INTEGER NOT NULL CHECK (stock >= 0)
);

INSERT OR IGNORE INTO items (sku, name, price_cents, stock) VALUES
    ('mug',    'Mug',         1200, 7),
    ('poster', 'Poster',      2500, 4),
    ('lamp',   'Desk lamp',   4900, 2);

CREATE TABLE IF NOT EXISTS orders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    sku         TEXT NOT NULL REFERENCES items (sku),
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    email       TEXT NOT NULL,
    total_cents INTEGER NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('placed', 'paid', 'shipped')),
    -- What the client calls its request, so that the same request sent twice is one order.
    key         TEXT UNIQUE
);

-- What has reached the world outside: the demo's mail server, warehouse and search index write here.
CREATE TABLE IF NOT EXISTS sent (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    via  TEXT NOT NULL,
    what TEXT NOT NULL
);
