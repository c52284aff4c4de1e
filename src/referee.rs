//! Asks the database about definitions that the normal form cannot decide: temporary likenesses of the objects in a
//! transaction that is rolled back. It needs the privilege TEMPORARY, takes no lock but ACCESS SHARE, and waits for
//! nobody.

use tokio_postgres::Client;

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::name::quote;
use crate::objects::Twin;

/// Settles what is undecided in the desired state, as far as the server can say. What it cannot say stays undecided,
/// with its reason. Errors: the connection is lost.
pub async fn decide(client: &Client, current: &Catalog, desired: &mut Catalog) -> Result<()> {
    let same = |id: &ObjectId| current.objects.get(id) == desired.objects.get(id);
    let open: Vec<ObjectId> = desired.undecided.keys().filter(|id| !same(id)).cloned().collect();
    desired.undecided.retain(|id, _| open.contains(id));
    let twins: Vec<(ObjectId, Twin)> = open
        .into_iter()
        .filter(|id| current.objects.contains_key(id))
        .filter_map(|id| Some((id.clone(), desired.objects.get(&id)?.twin(&id, desired)?)))
        .collect();
    // what is made over something else by the plan cannot be seen yet, and is made as declared
    let (twins, later): (Vec<_>, Vec<_>) = twins.into_iter().partition(|(id, twin)| {
        let needs = twin.over.as_ref().or_else(|| current.dependencies.get(id));
        needs.into_iter().flatten().all(|needed| is_kept(needed, current, desired))
    });
    later.iter().for_each(|(id, _)| _ = desired.undecided.remove(id));
    if twins.is_empty() {
        return Ok(());
    }
    let begin = "BEGIN READ WRITE; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '10s'";
    let begun = client.batch_execute(begin).await;
    for (id, twin) in twins {
        let answer = match &begun {
            Ok(()) => ask(client, &twin).await,
            Err(error) => Err(reason(error)),
        };
        match answer {
            Ok(same) => {
                desired.undecided.remove(&id);
                let live = current.objects.get(&id).filter(|_| same);
                if let (Some(own), Some(live)) = (desired.objects.get_mut(&id), live) {
                    own.agree(live);
                }
            }
            Err(reason) => {
                let doubt = desired.undecided.entry(id).or_default();
                *doubt = format!("{doubt}; the server could not be asked: {reason}");
            }
        }
    }
    client.batch_execute("ROLLBACK").await.map_err(|error| Error::new("the connection is lost").cause(reason(&error)))
}

/// Whether something is the same in both states, with all columns of a table.
fn is_kept(id: &ObjectId, current: &Catalog, desired: &Catalog) -> bool {
    let undecided = desired.undecided.contains_key(id);
    let same = current.objects.get(id) == desired.objects.get(id);
    // a new column stands last, wherever the files have it
    let columns = |catalog: &Catalog| {
        let mut names: Vec<_> = catalog.columns_of(id).into_iter().map(|column| column.name).collect();
        names.sort();
        names
    };
    (same || undecided) && columns(current) == columns(desired)
}

/// Whether the likeness has the definition of the object.
async fn ask(client: &Client, twin: &Twin) -> std::result::Result<bool, String> {
    let answer = answer(client, twin).await.map_err(|error| reason(&error));
    let back = client.batch_execute("ROLLBACK TO SAVEPOINT reconcile_twin").await;
    back.map_err(|error| reason(&error)).and(answer)
}

async fn answer(client: &Client, twin: &Twin) -> std::result::Result<bool, tokio_postgres::Error> {
    client.batch_execute("SAVEPOINT reconcile_twin").await?;
    for statement in &twin.statements {
        let path = statement.search_path.clone().unwrap_or_default();
        let path: Vec<String> = path.iter().map(|schema| quote(schema)).collect();
        let path = if path.is_empty() { "''".to_string() } else { path.join(", ") };
        client.batch_execute(&format!("SET LOCAL search_path = {path}; {}", statement.text())).await?;
    }
    client.batch_execute("SET LOCAL search_path = ''").await?;
    let row = client.query_one(&format!("SELECT coalesce({}, false)", twin.same), &[]).await?;
    row.try_get(0)
}

fn reason(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_string())
}
