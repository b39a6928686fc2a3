-- For SQLite and PostgreSQL. Run at each start: everything here can be run again.

CREATE TABLE IF NOT EXISTS items (
    sku         TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    price_cents BIGINT NOT NULL,
    stock       BIGINT NOT NULL CHECK (stock >= 0)
);

INSERT INTO items (sku, name, price_cents, stock) VALUES
    ('mug',    'Mug',         1200, 7),
    ('poster', 'Poster',      2500, 4),
    ('lamp',   'Desk lamp',   4900, 2)
ON CONFLICT DO NOTHING;

-- The number of the last order. A sequence would leave a gap for each order that is rolled back.
CREATE TABLE IF NOT EXISTS numbers (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

INSERT INTO numbers (name, last) VALUES ('order', 0) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS orders (
    id          BIGINT PRIMARY KEY,
    sku         TEXT NOT NULL REFERENCES items (sku),
    quantity    BIGINT NOT NULL CHECK (quantity > 0),
    email       TEXT NOT NULL,
    total_cents BIGINT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('placed', 'paid', 'shipped')),
    -- The client's name for its request, so that the same request sent twice makes one order.
    key         TEXT UNIQUE
);

-- The demo's world outside: what its mail server, warehouse and search index have received.
CREATE TABLE IF NOT EXISTS sent (
    id   SERIAL_NUMBER,
    via  TEXT NOT NULL,
    what TEXT NOT NULL
);

-- Here and not in memory, since servers that share the database share the mail server.
CREATE TABLE IF NOT EXISTS mail_server (
    id    BIGINT PRIMARY KEY,
    works BOOLEAN NOT NULL
);

INSERT INTO mail_server (id, works) VALUES (1, TRUE) ON CONFLICT DO NOTHING;
