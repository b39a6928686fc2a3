//! Accepted and rejected settings.

use super::*;

fn read(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Settings, String> {
    let arguments = arguments.iter().map(|&it| it.to_owned());
    Settings::from_arguments(arguments, |name| variable(variables, name))
}

fn read_worker(arguments: &[&str], variables: &[(&str, &str)]) -> Result<WorkerSettings, String> {
    let arguments = arguments.iter().map(|&it| it.to_owned());
    WorkerSettings::from_arguments(arguments, |name| variable(variables, name))
}

fn variable(variables: &[(&str, &str)], name: &str) -> Option<String> {
    let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
    Some((*value).to_owned())
}

#[test]
fn unless_told_it_is_a_file_and_port_3000() {
    let settings = read(&[], &[]).expect("nothing is wrong");
    let told = (settings.address.port(), settings.database.as_str());
    assert_eq!(told, (3000, "shop.db"));
    assert_eq!(settings.nats, None);
    assert_eq!(settings.key, DEMO_KEY);
}

#[test]
fn arguments_win_over_variables() {
    let variables = [
        ("PORT", "1"),
        ("SHOP_DATABASE", "a.db"),
        ("SHOP_NATS", "nats://a"),
    ];
    let arguments = ["0", "--database", "postgres://b", "--nats", "nats://b"];
    let settings = read(&arguments, &variables);
    let settings = settings.expect("nothing is wrong");
    let told = (settings.address.port(), settings.database.as_str());
    assert_eq!(told, (0, "postgres://b"));
    assert_eq!(settings.nats.as_deref(), Some("nats://b"));
    let settings = read(&[], &variables).expect("nothing is wrong");
    let told = (settings.address.port(), settings.database.as_str());
    assert_eq!(told, (1, "a.db"));
    assert_eq!(settings.nats.as_deref(), Some("nats://a"));
}

#[test]
fn what_makes_no_sense_is_an_error() {
    assert_eq!(
        read(&["http"], &[]).expect_err("no port"),
        "`http` is not a port"
    );
    let message = "`--database` needs a path or a URL";
    assert_eq!(read(&["--database"], &[]).expect_err("no URL"), message);
    let message = "`--nats` needs a URL";
    assert_eq!(read(&["--nats"], &[]).expect_err("no URL"), message);
    assert_eq!(read_worker(&["--nats"], &[]).expect_err("no URL"), message);
    for key in [
        "",
        "00",
        &"0g".repeat(32),
        &"+1".repeat(32),
        &"00".repeat(33),
    ] {
        let message = "`SHOP_KEY` is not 64 hexadecimal digits";
        let read = read(&[], &[("SHOP_KEY", key)]);
        assert_eq!(read.expect_err("no key"), message);
    }
}

#[test]
fn a_key_is_read_from_its_digits() {
    let digits = format!("{}ff", "00".repeat(31));
    let settings = read(&[], &[("SHOP_KEY", &digits)]).expect("it is a key");
    assert_eq!(settings.key[30..], [0, 255]);
}

#[test]
fn a_worker_is_told_where_nats_is_and_nothing_else() {
    let variables = [("SHOP_NATS", "nats://a")];
    let nats = |arguments: &[&str]| read_worker(arguments, &variables).map(|it| it.nats);
    assert_eq!(nats(&[]).as_deref(), Ok("nats://a"));
    assert_eq!(nats(&["--nats", "nats://b"]).as_deref(), Ok("nats://b"));
    let message = "`3000` is not an argument of the worker";
    assert_eq!(nats(&["3000"]).expect_err("no port"), message);
    let message = "where is NATS? `--nats URL` tells it, or the variable `SHOP_NATS`";
    assert_eq!(read_worker(&[], &[]).expect_err("no URL"), message);
}
