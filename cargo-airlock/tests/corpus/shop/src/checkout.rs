//! Free functions of the domain.

use std::collections::HashMap;
use std::sync::Arc;

use crate::clients::{self, Draft, Gateway, Http as Outside, SharedHttp, Smtp};
use crate::legacy::Task;
use crate::ports::{Export, Ftp, MailNotifier, Notifier};
use crate::raw::Socket;
use crate::state::{App, Backend, GLOBAL, OLD, PER_THREAD, Wrapper};

type Mailer<'a> = &'a Smtp; //~ deny-path

fn parameters(app: &App, draft: &Draft, id: u64) {
    app.http.post("order").json(&id).send(); //~ deny-path
    app.shared.post("order").send(); //~ deny-path
    app.inner.deeper.smtp.send(&id); //~ deny-path
    app.pair.1.get("pair"); //~ deny-path
    draft.send(id);
    draft.post(id);
    app.settings.get("vat");
    app.settings.len();
}

fn of_the_client(client: &Outside, id: u64) { //~ deny-path
    client.post("order").json(&id).send(); //~ deny-path
    let copy = client.clone();
    copy.get("copy").send(); //~ deny-path
}

fn by_alias(http: SharedHttp, mail: Mailer<'_>) {
    http.post("order").send(); //~ deny-path
    mail.send(&1); //~ deny-path
}

fn by_impl(exporter: &impl Export, ftp: &Ftp) {
    ftp.export(1);
    let _ = exporter;
}

fn by_generic<N: Notifier>(notifier: &N) {
    notifier.notify_all(&[1, 2]);
}

fn by_where<C>(client: C)
where
    C: AsRef<Outside>, //~ deny-path
{
    client.as_ref().post("generic").send();
}

fn optional(app: &App) {
    if let Some(smtp) = &app.smtp {
        smtp.send(&1); //~ deny-path
    }
    let Some(http) = app.optional.as_ref() else {
        return;
    };
    http.post("optional").send(); //~ deny-path
    app.smtp.as_ref().unwrap().send(&2); //~ deny-path
    match app.smtp {
        Some(ref smtp) if smtp.test_connection() => { //~ deny-path
            smtp.send(&3); //~ deny-path
        }
        _ => {}
    }
    app.smtp.is_some();
}

fn collections(app: &App, region: &str) {
    for http in &app.many {
        http.post("each").send(); //~ deny-path
    }
    app.many.iter().for_each(|http| {
        http.post("closure").send(); //~ deny-path
    });
    app.by_region.get(region).unwrap().send(&1); //~ deny-path
    if let Some(smtp) = app.by_region.get(region) {
        smtp.send(&2); //~ deny-path
    }
    app.many[0].post("index").send(); //~ deny-path
    app.many.len();
    app.by_region.insert(region.to_owned(), make());
    let names: HashMap<String, u64> = HashMap::new();
    names.get("post");
}

fn make() -> Smtp { //~ deny-path
    Smtp::relay("mail").unwrap().build() //~ deny-path
}

fn locks(app: &App) {
    app.locked.lock().unwrap().post("locked").send(); //~ deny-path
    let guard = app.locked.lock().unwrap();
    guard.post("guard").send(); //~ deny-path
    if let Some(smtp) = &*app.switched.read().unwrap() {
        smtp.send(&1); //~ deny-path
    }
}

fn locals(gateway: &Gateway) {
    let http = Outside::new(); //~ deny-path
    http.post("local").send(); //~ deny-path
    let built = Outside::builder().timeout(10).build().unwrap(); //~ deny-path
    built.get("built").send(); //~ deny-path
    let mailer = make();
    mailer.send(&1); //~ deny-path
    let shared = clients::shared();
    shared.post("shared").send(); //~ deny-path
    let again = Arc::clone(&shared);
    again.post("again").send(); //~ deny-path
    let borrowed = gateway.http();
    borrowed.post("borrowed").send(); //~ deny-path
    let typed: SharedHttp = Default::default();
    typed.post("typed").send(); //~ deny-path
    let (one, two) = (make(), 2);
    one.send(&two); //~ deny-path
    let response = http.get("response").send().unwrap(); //~ deny-path
    response.status();
    let text = response.text().unwrap();
    text.send();
}

fn patterns(wrapper: Wrapper, backend: &Backend, App { http, gateway, .. }: &App) {
    wrapper.0.post("field").send(); //~ deny-path
    let Wrapper(client, number) = wrapper;
    client.post("pattern").send(); //~ deny-path
    number.post();
    match backend {
        Backend::Live(http) => http.post("variant").send(), //~ deny-path
        Backend::Named { client } => client.send(&1), //~ deny-path
        Backend::Dry => return,
    }
    http.post("parameter").send(); //~ deny-path
    gateway.send(1);
    gateway.get(1);
}

fn closures(app: &App) {
    let post = |http: &Outside| http.post("typed closure").send(); //~ deny-path
    post(&app.http);
    let captured = || app.http.post("captured").send(); //~ deny-path
    captured();
}

fn statics() {
    GLOBAL.post("global").send(); //~ deny-path
    OLD.post("old").send(); //~ deny-path
    PER_THREAD.with(|http| http.post("per thread").send()); //~ deny-path
}

fn derefs(app: &App) {
    app.payments.post("deref").send(); //~ deny-path
}

fn tasks(app: &App) {
    let task = Task::new(1);
    task.delay(); //~ deny-path
    app.task.delay(); //~ deny-path
    app.task.describe();
    Task::new(2).delay(); //~ deny-path
    find_task(&[]).delay(); //~ deny-path
}

fn find_task<T>(tasks: &[T]) -> &T {
    &tasks[0]
}

fn denied_module() {
    let socket = Socket::open(); //~ deny-path
    socket.greet(); //~ deny-path
}

fn macros(app: &App, id: u64) {
    charge!(id);
    println!("{}", app.http.get("printed").send()); //~ deny-path
    both! {
        app.http.post("left").send() => id + 1, //~ deny-path
        id + 2 => app.gateway.http().put("right").send(), //~ deny-path
    }
    render! {
        <p class="total">{ app.http.get("rendered").send() }</p> //~ deny-path
        <p>{ reqwest::blocking::Client::new() }</p> //~ deny-path
    }
}

fn notifies(app: &App, mail: &MailNotifier) {
    app.notifier.notify(1);
    mail.notify(2);
}

fn shadows(http: &Outside) { //~ deny-path
    let http = Draft;
    http.post(1);
    http.execute(1);
}

fn missed(app: &App) {
    let clients = [&app.http, &app.http].map(|it| it);
    let chosen = clients.into_iter().reduce(|a, b| pick(a, b));
    chosen.unwrap().post("reduced").send(); //~ deny-path
    let from_block = {
        let inner = &app.http;
        inner
    };
    from_block.post("block").send(); //~ deny-path
}

fn pick<T>(one: T, _other: T) -> T {
    one
}
