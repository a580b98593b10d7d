//! glewlwyd, an OpenID provider written in C, as a process of its own.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use http_client::{Client, Url};
use json::{Value, json};
use tokio::process::Command;
use tokio::time::sleep;

use crate::lines::Process;
use crate::{Result, Scratch, setup};

/// The database as the package makes it: one administrator, `admin`, whose password is `password`.
const DATABASE: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";

/// Debian's `glewlwyd` on a loopback port. It ends when this is dropped.
pub struct Glewlwyd {
    /// Its issuer.
    pub issuer: String,
    _process: Process,
    /// Its database and its configuration.
    _folder: Scratch,
}

impl Glewlwyd {
    /// Another resource than the one that it is started for.
    pub const OTHER_RESOURCE: &str = "https://other.example.com/api";

    /// Starts one that issues tokens for this resource, and for
    /// [`OTHER_RESOURCE`](Self::OTHER_RESOURCE).
    pub async fn start(resource: &str) -> Result<Self> {
        // The port may be taken before it is there.
        for _ in 0..3 {
            let port = setup::free_port()?;
            let folder = Scratch::at(setup::target(&format!("glewlwyd-{port}")))?;
            let mut process = launch(folder.path(), port).await?;
            if !is_up(&mut process, port).await? {
                continue;
            }
            let api = Url::parse(&format!("http://127.0.0.1:{port}/api/"))?;
            let issuer = api.join("oidc")?.to_string();
            configure(&api, &issuer, resource, folder.path()).await?;
            return Ok(Self {
                issuer,
                _process: process,
                _folder: folder,
            });
        }
        Err("glewlwyd does not start".into())
    }
}

async fn launch(folder: &Path, port: u16) -> Result<Process> {
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(folder.join("database"));
    setup::run(sqlite.stdin(fs::File::open(DATABASE)?)).await?;
    let template = fs::read_to_string(setup::peer("glewlwyd").join("glewlwyd.conf"))?;
    let settings = template
        .replace("PORT", &port.to_string())
        .replace("FOLDER", &folder.to_string_lossy());
    let file = folder.join("glewlwyd.conf");
    fs::write(&file, settings)?;
    // It does not notice when the test is gone, so the kernel ends it.
    let mut glewlwyd = Command::new("setpriv");
    glewlwyd.args(["--pdeathsig", "KILL", "glewlwyd", "--config-file"]);
    Process::start(glewlwyd.arg(file))
}

async fn is_up(process: &mut Process, port: u16) -> Result<bool> {
    for _ in 0..200 {
        if process.has_ended()? {
            return Ok(false);
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(true);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

/// What its administrator does on the first day, by the requests of the administration pages.
async fn configure(api: &Url, issuer: &str, resource: &str, folder: &Path) -> Result<()> {
    let setup = fs::read(setup::peer("glewlwyd").join("setup.json"))?;
    let mut setup: Value = json::from_slice(&setup)?;
    let admin = Client::builder().cookie_store(true).no_proxy().build()?;
    let post = async |path: &str, body: &Value| -> Result<()> {
        let answer = admin.post(api.join(path)?).json(body).send().await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        Err(format!("{status} at {path}: {}", answer.text().await?).into())
    };
    post(
        "auth",
        &json!({ "username": "admin", "password": "password" }),
    )
    .await?;
    for name in setup["scopes"].as_array().into_iter().flatten() {
        let scope =
            json!({ "name": name, "display_name": name, "password_required": false, "scheme": {} });
        post("scope/", &scope).await?;
    }
    post("user/", &setup["user"]).await?;
    for client in setup["clients"].as_array().into_iter().flatten() {
        post("client/", client).await?;
    }
    let parameters = &mut setup["provider"];
    let (private, public) = key_pair(folder).await?;
    parameters["iss"] = issuer.into();
    parameters["key"] = private.into();
    parameters["cert"] = public.into();
    let resources = json!([resource, Glewlwyd::OTHER_RESOURCE]);
    for scope in ["openid", "profile", "email", "mail:send"] {
        parameters["resource-scope"][scope] = resources.clone();
    }
    let plugin = json!({ "module": "oidc", "name": "oidc", "display_name": "OpenID", "parameters": parameters });
    post("mod/plugin/", &plugin).await
}

async fn key_pair(folder: &Path) -> Result<(String, String)> {
    let (private, public) = (folder.join("key.pem"), folder.join("public.pem"));
    let mut make = Command::new("openssl");
    make.args([
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
    ]);
    setup::run(make.arg(&private)).await?;
    let mut show = Command::new("openssl");
    show.args(["pkey", "-pubout", "-in"])
        .arg(&private)
        .arg("-out");
    setup::run(show.arg(&public)).await?;
    Ok((fs::read_to_string(private)?, fs::read_to_string(public)?))
}
