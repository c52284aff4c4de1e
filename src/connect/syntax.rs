//! The two forms of a connection string, taken apart as libpq does (`fe-connect.c`):
//! URLs and `key=value` lists. Knows no parameter but `ssl`.

use crate::error::{Error, Kind, Result};

/// Parameters as written, in order; of two of one name the last counts.
pub type Pairs = Vec<(String, String)>;

/// Takes a connection string apart. Errors never show the string: it may hold a password.
pub fn pairs(text: &str) -> Result<Pairs> {
    let text = text.trim();
    let (text, jdbc) = text.strip_prefix("jdbc:").map_or((text, false), |rest| (rest, true));
    if let Some((scheme, rest)) = text.split_once("://") {
        let base = scheme.split('+').next().unwrap_or_default();
        if matches!(base, "postgres" | "postgresql") {
            return url(rest, jdbc);
        }
        let looks_like_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if looks_like_scheme {
            return Err(wrong(format!("{scheme}:// is not a PostgreSQL URL"))
                .hint("a URL begins with postgres:// or postgresql://"));
        }
    }
    // as in psql, a bare word is the name of a database
    if !text.is_empty() && !text.contains(['=', ' ', '/', ':', '\'', '\\']) {
        return Ok(vec![("dbname".into(), text.into())]);
    }
    key_values(text)
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(message).kind(Kind::Usage)
}

fn key_values(text: &str) -> Result<Pairs> {
    let mut pairs = vec![];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        let Some(after) = rest[end..].trim_start().strip_prefix('=') else {
            return Err(wrong("a parameter of the connection string has no \"=\"")
                .hint("either postgres://user@host:port/name, or host=… port=… user=… dbname=…, quoted with '…'"));
        };
        let (value, after) = key_value(after.trim_start(), name)?;
        pairs.push((name.to_string(), value));
        rest = after.trim_start();
    }
    Ok(pairs)
}

/// One value with its escapes resolved, and the text behind it.
fn key_value<'a>(text: &'a str, name: &str) -> Result<(String, &'a str)> {
    let (body, quoted) = text.strip_prefix('\'').map_or((text, false), |body| (body, true));
    let mut value = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &body[at + 1..])),
            c if !quoted && c.is_ascii_whitespace() => return Ok((value, &body[at..])),
            c => value.push(c),
        }
    }
    match quoted {
        true => Err(wrong(format!("the quoted value of {name} has no closing quote"))),
        false => Ok((value, "")),
    }
}

fn url(rest: &str, jdbc: bool) -> Result<Pairs> {
    let mut pairs = vec![];
    let mut push = |name: &str, value: String| {
        if !value.is_empty() {
            pairs.push((name.to_string(), value));
        }
    };
    let mut rest = rest;
    if let Some(at) = rest.find(['@', '/']).filter(|at| rest[*at..].starts_with('@')) {
        let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
        push("user", decode(user, "user")?);
        push("password", decode(password, "password")?);
        rest = &rest[at + 1..];
    }
    let authority = &rest[..rest.find(['/', '?']).unwrap_or(rest.len())];
    let tail = &rest[authority.len()..];
    // what stands before a later @ may be a piece of a password: it must not reach any message
    let path = &tail[..tail.find('?').unwrap_or(tail.len())];
    if authority.contains('@') || path.contains('@') && authority.contains(':') {
        return Err(wrong("the URL has a special character in its user or password")
            .hint("write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25"));
    }
    let (hosts, ports) = hosts(authority)?;
    push("host", hosts);
    push("port", ports);
    let query = tail.split_once('?').map(|(_, query)| query);
    push("dbname", decode(path.strip_prefix('/').unwrap_or(path), "database")?);
    for parameter in query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty()) {
        let Some((name, value)) = parameter.split_once('=') else {
            return Err(wrong("a parameter of the URL has no \"=\"").hint("?name=value&name=value"));
        };
        if value.contains('=') {
            return Err(wrong(format!("parameter {name} of the URL has a second \"=\"")).hint("write = as %3D"));
        }
        let name = decode(name, "parameter name")?;
        let value = decode(value, &name)?;
        pairs.push(dialect(name, value, jdbc));
    }
    Ok(pairs)
}

/// Names that other drivers give to parameters of libpq.
fn dialect(name: String, value: String, jdbc: bool) -> (String, String) {
    match (name.as_str(), value.as_str()) {
        ("ssl", "true") => ("sslmode".into(), "require".into()),
        ("ssl", "false") => ("sslmode".into(), "disable".into()),
        ("ssl", _) => ("sslmode".into(), value),
        ("ApplicationName", _) if jdbc => ("application_name".into(), value),
        ("connectTimeout" | "loginTimeout", _) if jdbc => ("connect_timeout".into(), value),
        ("currentSchema", _) if jdbc => {
            // in options a blank separates and a backslash escapes
            let path = value.replace('\\', "\\\\").replace(' ', "\\ ");
            ("options".into(), format!("-c search_path={path}"))
        }
        _ => (name, value),
    }
}

/// `host:port,host:port` as the two lists that the parameters `host` and `port` want.
fn hosts(authority: &str) -> Result<(String, String)> {
    let (mut hosts, mut ports) = (vec![], vec![]);
    for part in authority.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(bracketed) => {
                let Some((host, after)) = bracketed.split_once(']') else {
                    return Err(wrong("the IPv6 address in the URL has no closing bracket").hint("[::1]:5432"));
                };
                match (after.is_empty(), after.strip_prefix(':')) {
                    _ if host.is_empty() => return Err(wrong("the IPv6 address in the URL is empty")),
                    (true, _) => (host, ""),
                    (false, Some(port)) => (host, port),
                    (false, None) => return Err(wrong("after the IPv6 address comes only a port").hint("[::1]:5432")),
                }
            }
            None => part.split_once(':').unwrap_or((part, "")),
        };
        hosts.push(decode(host, "host")?);
        ports.push(decode(port, "port")?);
    }
    let joined = |list: Vec<String>| match list.iter().all(String::is_empty) {
        true => String::new(),
        false => list.join(","),
    };
    Ok((joined(hosts), joined(ports)))
}

/// Resolves percent encoding; `what` names the part in errors.
fn decode(text: &str, what: &str) -> Result<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) if high + low > 0 => out.push((high * 16 + low) as u8),
            _ => {
                return Err(
                    wrong(format!("the {what} in the URL has a % that is no percent encoding")).hint("write % as %25")
                );
            }
        }
    }
    String::from_utf8(out).map_err(|_| wrong(format!("the {what} in the URL is not UTF-8")))
}

/// The opposite of `decode`, for what is shown to people.
pub fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:,[]".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
