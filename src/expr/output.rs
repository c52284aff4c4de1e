//! Names of output columns: `FigureColname`.

use pg_query::NodeEnum;
use pg_query::protobuf::{self as pb, Node};

use super::analyzer::{string, strings};

/// How much a name is worth: a name of an outer construct goes before a weaker one inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    None,
    Weak,
    Strong,
}

/// The name that PostgreSQL gives to a column of that expression.
pub(super) fn column_name(node: &Node) -> String {
    match figure(node, 0) {
        (Strength::None, _) => "?column?".to_owned(),
        (_, name) => name,
    }
}

fn strong(name: &str) -> (Strength, String) {
    (Strength::Strong, name.to_owned())
}

fn nothing() -> (Strength, String) {
    (Strength::None, String::new())
}

fn last_name(nodes: &[Node]) -> Option<&str> {
    nodes.iter().rev().find_map(string)
}

fn figure(node: &Node, depth: usize) -> (Strength, String) {
    let Some(inner) = node.node.as_ref().filter(|_| depth < 500) else { return nothing() };
    let below = |node: &Option<Box<Node>>| node.as_deref().map_or_else(nothing, |node| figure(node, depth + 1));
    match inner {
        NodeEnum::ColumnRef(column) => last_name(&column.fields).map_or_else(nothing, strong),
        NodeEnum::AIndirection(indirection) => {
            last_name(&indirection.indirection).map_or_else(|| below(&indirection.arg), strong)
        }
        NodeEnum::FuncCall(call) => last_name(&call.funcname).map_or_else(nothing, strong),
        NodeEnum::AExpr(operation) if operation.kind == pb::AExprKind::AexprNullif as i32 => strong("nullif"),
        NodeEnum::TypeCast(cast) => match below(&cast.arg) {
            (Strength::Strong, name) => (Strength::Strong, name),
            (weak, name) => {
                let own = cast.type_name.as_ref().and_then(|name| strings(&name.names).last().copied());
                own.map_or((weak, name), |own| (Strength::Weak, own.to_owned()))
            }
        },
        NodeEnum::CollateClause(clause) => below(&clause.arg),
        NodeEnum::GroupingFunc(_) => strong("grouping"),
        NodeEnum::MergeSupportFunc(_) => strong("merge_action"),
        NodeEnum::SubLink(link) => sublink(link, depth),
        NodeEnum::CaseExpr(case) => match below(&case.defresult) {
            (Strength::Strong, name) => (Strength::Strong, name),
            _ => (Strength::Weak, "case".to_owned()),
        },
        NodeEnum::AArrayExpr(_) => strong("array"),
        NodeEnum::RowExpr(_) => strong("row"),
        NodeEnum::CoalesceExpr(_) => strong("coalesce"),
        NodeEnum::MinMaxExpr(call) if call.op == pb::MinMaxOp::IsGreatest as i32 => strong("greatest"),
        NodeEnum::MinMaxExpr(_) => strong("least"),
        NodeEnum::SqlvalueFunction(function) => value_function(function.op),
        NodeEnum::XmlExpr(call) => xml(call.op),
        NodeEnum::XmlSerialize(_) => strong("xmlserialize"),
        NodeEnum::JsonParseExpr(_) => strong("json"),
        NodeEnum::JsonScalarExpr(_) => strong("json_scalar"),
        NodeEnum::JsonSerializeExpr(_) => strong("json_serialize"),
        NodeEnum::JsonObjectConstructor(_) => strong("json_object"),
        NodeEnum::JsonArrayConstructor(_) | NodeEnum::JsonArrayQueryConstructor(_) => strong("json_array"),
        NodeEnum::JsonObjectAgg(_) => strong("json_objectagg"),
        NodeEnum::JsonArrayAgg(_) => strong("json_arrayagg"),
        NodeEnum::JsonFuncExpr(call) => match pb::JsonExprOp::try_from(call.op) {
            Ok(pb::JsonExprOp::JsonExistsOp) => strong("json_exists"),
            Ok(pb::JsonExprOp::JsonQueryOp) => strong("json_query"),
            Ok(pb::JsonExprOp::JsonValueOp) => strong("json_value"),
            _ => nothing(),
        },
        _ => nothing(),
    }
}

fn sublink(link: &pb::SubLink, depth: usize) -> (Strength, String) {
    match pb::SubLinkType::try_from(link.sub_link_type) {
        Ok(pb::SubLinkType::ExistsSublink) => strong("exists"),
        Ok(pb::SubLinkType::ArraySublink) => strong("array"),
        Ok(pb::SubLinkType::ExprSublink) => {
            let Some(NodeEnum::SelectStmt(select)) = link.subselect.as_ref().and_then(|node| node.node.as_ref()) else {
                return nothing();
            };
            let mut select = select;
            while let Some(left) = &select.larg {
                select = left;
            }
            let Some(NodeEnum::ResTarget(target)) = select.target_list.first().and_then(|node| node.node.as_ref())
            else {
                return nothing();
            };
            match (target.name.as_str(), &target.val) {
                ("", Some(value)) => figure(value, depth + 1),
                ("", None) => nothing(),
                (name, _) => strong(name),
            }
        }
        _ => nothing(),
    }
}

fn value_function(op: i32) -> (Strength, String) {
    use pb::SqlValueFunctionOp as Op;
    strong(match Op::try_from(op) {
        Ok(Op::SvfopCurrentDate) => "current_date",
        Ok(Op::SvfopCurrentTime | Op::SvfopCurrentTimeN) => "current_time",
        Ok(Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN) => "current_timestamp",
        Ok(Op::SvfopLocaltime | Op::SvfopLocaltimeN) => "localtime",
        Ok(Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN) => "localtimestamp",
        Ok(Op::SvfopCurrentRole) => "current_role",
        Ok(Op::SvfopCurrentUser) => "current_user",
        Ok(Op::SvfopUser) => "user",
        Ok(Op::SvfopSessionUser) => "session_user",
        Ok(Op::SvfopCurrentCatalog) => "current_catalog",
        Ok(Op::SvfopCurrentSchema) => "current_schema",
        _ => return nothing(),
    })
}

fn xml(op: i32) -> (Strength, String) {
    use pb::XmlExprOp as Op;
    strong(match Op::try_from(op) {
        Ok(Op::IsXmlconcat) => "xmlconcat",
        Ok(Op::IsXmlelement) => "xmlelement",
        Ok(Op::IsXmlforest) => "xmlforest",
        Ok(Op::IsXmlparse) => "xmlparse",
        Ok(Op::IsXmlpi) => "xmlpi",
        Ok(Op::IsXmlroot) => "xmlroot",
        _ => return nothing(),
    })
}
