//! What is made in the database when it is first used.

use crate::{connection::Server, error::Effect};
use wasi_cloud_core::{Error, Kind, Result};

/// The tables of one capability.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// Of the script. What hosts of another build could not use raises it.
    pub(crate) version: i32,
    /// `{schema}` is the schema's name.
    pub(crate) script: &'static str,
}

/// One transaction, and one host at a time: the others then find everything there. The number means nothing.
const MAKE: &str = "do $make$ begin
    perform pg_advisory_xact_lock(7742361350938);
    if to_regnamespace('{schema}') is null then
        create schema {schema};
    end if;
    if to_regclass('{schema}.versions') is null then
        create table {schema}.versions (part text primary key, version integer not null);
        comment on table {schema}.versions is 'wasi-cloud: of the tables of each capability';
    end if;
    if not exists (select from {schema}.versions where part = '{part}') then
        execute $script${script}$script$;
        insert into {schema}.versions values ('{part}', {version});
    end if;
end $make$";

/// Makes the tables unless they are there.
pub(crate) async fn make(server: &Server, parts: &[Part]) -> Result<()> {
    let url = &server.url;
    let encoding = server.row(Effect::Read, "select current_setting('server_encoding')", &[]).await?;
    let encoding: String = encoding.map(|row| row.get(0)).unwrap_or_default();
    if encoding != "UTF8" {
        let why = format!("{url}: the encoding of this database is {encoding}, and it has to be UTF8");
        return Err(Error::new(Kind::Unsupported, why));
    }
    for part in parts {
        if version(server, part).await?.is_none() {
            let made = MAKE.replace("{script}", part.script).replace("{part}", part.name);
            let made = made.replace("{version}", &part.version.to_string()).replace("{schema}", &server.schema);
            server.script(&made).await?;
        }
        let (name, known, schema) = (part.name, part.version, &server.schema);
        let version = version(server, part).await?.unwrap_or_default();
        if version != known {
            let why = format!(
                "{url}: the tables for {name} in schema `{schema}` have version {version}, and this build knows {known} \
                 only; use another build, or another `schema`"
            );
            return Err(Error::new(Kind::Unsupported, why));
        }
    }
    Ok(())
}

/// Which tables are there, if any.
async fn version(server: &Server, part: &Part) -> Result<Option<i32>> {
    let table = format!("{}.versions", server.schema);
    let there = server.row(Effect::Read, "select to_regclass($1::text) is not null", &[&table]).await?;
    if !there.is_some_and(|row| row.get(0)) {
        return Ok(None);
    }
    let found = server.row(Effect::Read, "select version from versions where part = $1", &[&part.name]).await?;
    Ok(found.map(|row| row.get(0)))
}
