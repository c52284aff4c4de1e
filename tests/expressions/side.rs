//! The normal form of one side of a pair, as text.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};
use reconcile::expr::{self, Context, Unresolved};

/// What a pair is about; only what its kind of definition needs is filled.
#[derive(Debug, Default, Clone)]
pub struct Place {
    pub kind: String,
    pub schema: String,
    pub table: String,
    pub type_key: String,
    pub typmod: i32,
    pub parent: (String, String),
    pub partition_key: String,
    /// The statement that made the object, for the parameters of functions.
    pub object: String,
    /// Whether the text is what a user wrote.
    pub written: bool,
}

pub type Outcome = Result<String, Unresolved>;

pub fn parse(sql: &str) -> Result<Vec<Node>, String> {
    let parsed = pg_query::parse(sql, 0).map_err(|error| format!("{error}: {sql}"))?;
    Ok(parsed.protobuf.stmts.into_iter().filter_map(|statement| statement.stmt.map(|node| *node)).collect())
}

pub fn statement(sql: &str) -> Result<NodeEnum, String> {
    parse(sql)?.into_iter().next().and_then(|node| node.node).ok_or_else(|| format!("nothing in {sql}"))
}

pub fn expression(text: &str) -> Result<Node, String> {
    let NodeEnum::SelectStmt(select) = statement(&format!("SELECT ({text}\n)"))? else { return Err(text.to_owned()) };
    match select.target_list.first().and_then(|node| node.node.clone()) {
        Some(NodeEnum::ResTarget(target)) => target.val.map(|node| *node).ok_or_else(|| text.to_owned()),
        _ => Err(text.to_owned()),
    }
}

pub fn constraint(text: &str) -> Result<pb::Constraint, String> {
    let NodeEnum::AlterTableStmt(alter) = statement(&format!("ALTER TABLE x ADD {text}"))? else {
        return Err(text.to_owned());
    };
    let Some(NodeEnum::AlterTableCmd(command)) = alter.cmds.first().and_then(|node| node.node.clone()) else {
        return Err(text.to_owned());
    };
    match command.def.and_then(|node| node.node) {
        Some(NodeEnum::Constraint(constraint)) => Ok(*constraint),
        _ => Err(text.to_owned()),
    }
}

fn create_table(text: &str) -> Result<pb::CreateStmt, String> {
    match statement(text)? {
        NodeEnum::CreateStmt(create) => Ok(create),
        NodeEnum::CreateForeignTableStmt(create) => create.base_stmt.ok_or_else(|| text.to_owned()),
        _ => Err(text.to_owned()),
    }
}

fn bound(place: &Place, text: &str) -> Result<pb::PartitionBoundSpec, String> {
    if !place.written {
        let create = create_table(&format!("CREATE TABLE x PARTITION OF y {text}"))?;
        return create.partbound.ok_or_else(|| text.to_owned());
    }
    if let NodeEnum::AlterTableStmt(alter) = statement(text)? {
        for command in alter.cmds {
            if let Some(NodeEnum::AlterTableCmd(command)) = command.node
                && let Some(NodeEnum::PartitionCmd(command)) = command.def.and_then(|node| node.node)
                && let Some(bound) = command.bound
            {
                return Ok(bound);
            }
        }
        return Err(text.to_owned());
    }
    create_table(text)?.partbound.ok_or_else(|| text.to_owned())
}

fn shown(analysis: expr::Analysis) -> String {
    analysis.form.to_string()
}

fn index(context: &Context, place: &Place, text: &str) -> Result<Outcome, String> {
    let NodeEnum::IndexStmt(index) = statement(text)? else { return Err(text.to_owned()) };
    let relation = (place.schema.as_str(), place.table.as_str());
    let method = if index.access_method.is_empty() { "btree" } else { &index.access_method };
    let run = || -> Outcome {
        let mut out = format!("{} {method} {}", index.unique, index.nulls_not_distinct);
        for element in &index.index_params {
            if let Some(NodeEnum::IndexElem(element)) = &element.node {
                let element = expr::index_element(context, element, relation, method)?;
                let order = (element.descending, element.nulls_first);
                out.push_str(&format!(" {} {order:?}", element.analysis.form));
            }
        }
        for element in &index.index_including_params {
            if let Some(NodeEnum::IndexElem(element)) = &element.node {
                out.push_str(&format!(" including {}", element.name));
            }
        }
        if let Some(filter) = &index.where_clause {
            out.push_str(&shown(expr::predicate(context, filter, relation)?));
        }
        out.push_str(&expr::options(&index.options)?.to_string());
        Ok(out)
    };
    Ok(run())
}

fn view(context: &Context, place: &Place, text: &str) -> Result<Outcome, String> {
    let node = statement(text)?;
    let names = |nodes: &[Node]| -> Vec<String> {
        let name = |node: &Node| match &node.node {
            Some(NodeEnum::String(name)) => Some(name.sval.clone()),
            _ => None,
        };
        nodes.iter().filter_map(name).collect()
    };
    let (query, aliases) = match node {
        NodeEnum::ViewStmt(view) => (view.query, names(&view.aliases)),
        NodeEnum::CreateTableAsStmt(create) => {
            (create.query, create.into.map(|into| names(&into.col_names)).unwrap_or_default())
        }
        select @ NodeEnum::SelectStmt(_) if !place.written => (Some(Box::new(Node { node: Some(select) })), vec![]),
        _ => return Err(text.to_owned()),
    };
    let Some(NodeEnum::SelectStmt(select)) = query.and_then(|node| node.node) else { return Err(text.to_owned()) };
    Ok(expr::query(context, &select, &aliases).map(|(analysis, columns)| format!("{} {columns:?}", analysis.form)))
}

fn trigger(context: &Context, place: &Place, text: &str) -> Result<Outcome, String> {
    let NodeEnum::CreateTrigStmt(trigger) = statement(text)? else { return Err(text.to_owned()) };
    let rest = format!("{} {} {} {:?}", trigger.row, trigger.timing, trigger.events, trigger.args);
    Ok(match &trigger.when_clause {
        Some(when) => {
            let when = expr::trigger_when(context, when, (&place.schema, &place.table));
            when.map(|when| format!("{rest} {}", when.form))
        }
        None => Ok(rest),
    })
}

fn statistics(context: &Context, text: &str) -> Result<Outcome, String> {
    let NodeEnum::CreateStatsStmt(create) = statement(text)? else { return Err(text.to_owned()) };
    let Some(NodeEnum::RangeVar(table)) = create.relations.first().and_then(|node| node.node.clone()) else {
        return Err(text.to_owned());
    };
    let path = context.search_path.iter().map(String::as_str);
    let mut schemas = path.chain([table.schemaname.as_str()]);
    let schema = schemas.find(|schema| context.facts.relation(schema, &table.relname).is_some()).unwrap_or_default();
    let mut out = vec![];
    for element in &create.exprs {
        if let Some(NodeEnum::StatsElem(element)) = &element.node {
            match expr::statistics_expression(context, element, (schema, &table.relname)) {
                Ok(analysis) => out.push(shown(analysis)),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    out.sort();
    Ok(Ok(out.join(" ")))
}

fn create_function(text: &str) -> Result<pb::CreateFunctionStmt, String> {
    match statement(text)? {
        NodeEnum::CreateFunctionStmt(create) => Ok(*create),
        _ => Err(text.to_owned()),
    }
}

fn body(context: &Context, place: &Place, text: &str) -> Result<Outcome, String> {
    let create = create_function(&place.object)?;
    let mut parameters = vec![];
    for parameter in &create.parameters {
        if let Some(NodeEnum::FunctionParameter(parameter)) = &parameter.node {
            let mode = parameter.mode;
            if mode == pb::FunctionParameterMode::FuncParamOut as i32
                || mode == pb::FunctionParameterMode::FuncParamTable as i32
            {
                continue;
            }
            let name = parameter.arg_type.clone().ok_or_else(|| text.to_owned())?;
            let found = context.facts.resolve_type_name(&name, context.implicit_path);
            let found = found.map_err(|error| error.to_string())?;
            parameters.push((parameter.name.clone(), found.key));
        }
    }
    let name = match create.funcname.last().and_then(|node| node.node.clone()) {
        Some(NodeEnum::String(name)) => name.sval,
        _ => String::new(),
    };
    let create = match place.written {
        true => create,
        false => create_function(&format!("CREATE FUNCTION x() RETURNS void LANGUAGE sql {text}"))?,
    };
    let body = create.sql_body.ok_or_else(|| text.to_owned())?;
    Ok(expr::sql_body(context, &body, &name, &parameters).map(shown))
}

/// The normal form; the outer error means that the text does not parse.
pub fn side(context: &Context, place: &Place, text: &str) -> Result<Outcome, String> {
    let relation = (place.schema.as_str(), place.table.as_str());
    let checked = |text: &str| -> Result<Node, String> {
        if place.written {
            return expression(text);
        }
        constraint(text)?.raw_expr.map(|node| *node).ok_or_else(|| text.to_owned())
    };
    Ok(match place.kind.as_str() {
        "default" | "domain_default" => {
            let found = expr::default(context, &expression(text)?, &place.type_key, place.typmod);
            found.map(|analysis| analysis.map_or_else(|| "none".to_owned(), shown))
        }
        "generated" => expr::generated(context, &expression(text)?, relation, &place.type_key, place.typmod).map(shown),
        "check" => expr::check(context, &checked(text)?, relation).map(shown),
        "domain_check" => expr::domain_check(context, &checked(text)?, &place.type_key, place.typmod).map(shown),
        "policy_using" | "policy_check" | "publication_where" => {
            expr::check(context, &expression(text)?, relation).map(shown)
        }
        "func_arg_default" => expr::function_argument_default(context, &expression(text)?, &place.type_key).map(shown),
        "index" | "index_expression" | "index_predicate" | "partial_unique" => return index(context, place, text),
        "exclusion" => {
            let constraint = constraint(text)?;
            let rest = (constraint.deferrable, constraint.initdeferred);
            let found = expr::exclusion(context, &constraint, relation);
            found.map(|analysis| format!("{} {rest:?}", analysis.form))
        }
        "rule" => match statement(text)? {
            NodeEnum::RuleStmt(rule) => expr::rule(context, &rule, relation).map(shown),
            _ => return Err(text.to_owned()),
        },
        "sql_body" => return body(context, place, text),
        "view" | "matview" => return view(context, place, text),
        "trigger_when" => return trigger(context, place, text),
        "statistics" => return statistics(context, text),
        "partition_key" => {
            let text = if place.written { text.to_owned() } else { format!("CREATE TABLE x () PARTITION BY {text}") };
            let spec = create_table(&text)?.partspec.ok_or_else(|| text.clone())?;
            expr::partition_key(context, &spec, relation).map(shown)
        }
        "partition_bound" => {
            let bound = bound(place, text)?;
            let key = format!("CREATE TABLE x () PARTITION BY {}", place.partition_key);
            let key = create_table(&key)?.partspec.ok_or_else(|| place.partition_key.clone())?;
            let stored = Context { search_path: &[], ..*context };
            let parent = (place.parent.0.as_str(), place.parent.1.as_str());
            expr::partition_bound(context, &bound, &stored, &key, parent).map(shown)
        }
        other => return Err(format!("unknown kind {other}")),
    })
}
