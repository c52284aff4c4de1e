//! CREATE OPERATOR and ALTER OPERATOR in files.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterOperatorStmt, DefElem, DefineStmt, ObjectType, ObjectWithArgs};

use super::{Operator, Partner, sql_name};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::load::reader::{Reader, Stop, Type};
use crate::objects::options::Definition;
use crate::objects::trigger_function::TriggerFunction;
use crate::objects::{Kind, Object, options, routine};

/// What the definition of an operator can say; the last four mean MERGES.
const WORDS: &[&str] = &[
    "function", "procedure", "leftarg", "rightarg", "commutator", "negator", "restrict", "join", "hashes", "merges",
    "sort1", "sort2", "ltcmp", "gtcmp",
];

/// Reads CREATE OPERATOR and ALTER OPERATOR … SET.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::DefineStmt(statement) if statement.kind == ObjectType::ObjectOperator as i32 => {
            Some(create(statement, reader))
        }
        NodeEnum::AlterOperatorStmt(statement) => Some(alter(statement, reader)),
        _ => None,
    }
}

fn create(statement: &DefineStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.defnames)?;
    let given = options::definition(&statement.definition, WORDS, "operators", reader)?;
    let operand = |word: &str| given.get(word).map(|element| type_of(element, reader)).transpose();
    let left = operand("leftarg")?;
    let Some(right) = operand("rightarg")? else {
        let error = reader.wrong(0, format!("operator {name} has no right operand"));
        return Err(error.hint("say rightarg = …; there are no postfix operators any more").into());
    };
    let Some(element) = given.get("function").or_else(|| given.get("procedure")) else {
        return Err(reader.wrong(0, format!("operator {name} has no function")).hint("say function = …").into());
    };
    let path = reader.path;
    let function = |element: &DefElem| TriggerFunction::new(options::name_nodes(element), path);
    let partner = |word: &str| {
        given.get(word).map(|element| Partner::new(options::strings(options::name_nodes(element)), path))
    };
    let operator = Operator {
        left,
        right,
        function: function(element),
        commutator: partner("commutator"),
        negator: partner("negator"),
        restrict: given.get("restrict").map(|element| function(element)),
        join: given.get("join").map(|element| function(element)),
        hashes: flag(&given, "hashes", reader)?.unwrap_or_default(),
        merges: flag(&given, "merges", reader)?.unwrap_or_default()
            || WORDS[10..].iter().any(|word| given.contains_key(word)),
    };
    check(&operator, &given, reader)?;
    let id = operator.identity(schema, name);
    let names = options::strings(options::name_nodes(element));
    let keys: Vec<&str> = operator.left.iter().chain([&operator.right]).map(|it| it.key.as_str()).collect();
    let found = routine::fact_of(&names, &keys, element.location, reader)?;
    reader.add(id.clone(), operator.clone(), 0)?;
    if let Some(found) = found {
        let fact = operator.fact(&id, &found.returns, found.volatility);
        reader.catalog.facts.model.add_operator(fact);
    }
    Ok(())
}

/// Errors: PostgreSQL would not take it (`OperatorCreate`).
fn check(operator: &Operator, given: &Definition, reader: &Reader) -> Result<()> {
    let place = |word: &str| given.get(word).map_or(0, |element| element.location);
    let binary = [
        ("commutator", operator.commutator.is_some()),
        ("join", operator.join.is_some()),
        ("hashes", operator.hashes),
        ("merges", operator.merges),
    ];
    if operator.left.is_none()
        && let Some((word, _)) = binary.into_iter().find(|(_, given)| *given)
    {
        let error = reader.wrong(place(word), format!("only an operator with two operands can have {word}"));
        return Err(error.hint("leave it out, or add leftarg"));
    }
    Ok(())
}

fn flag(given: &Definition, word: &str, reader: &Reader) -> Result<Option<bool>> {
    let Some(element) = given.get(word) else { return Ok(None) };
    let wrong = || reader.wrong(element.location, format!("{word} is true or false")).hint("leave the value out");
    options::flag(element).map(Some).ok_or_else(wrong)
}

fn type_of(element: &DefElem, reader: &Reader) -> Result<Type, Stop> {
    match element.arg.as_ref().and_then(|node| node.node.as_ref()) {
        Some(NodeEnum::TypeName(name)) => routine::type_of(name, reader),
        _ => {
            let message = format!("{} is no type", options::value(element.arg.as_deref()));
            Err(reader.wrong(element.location, message).hint("name a type").into())
        }
    }
}

fn alter(statement: &AlterOperatorStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(named) = &statement.opername else { return Ok(()) };
    let id = address(reader, named)?;
    let Some(Object::Operator(known)) = reader.catalog.objects.get(&id) else { return Ok(()) };
    let mut operator = known.clone();
    let given = options::definition(&statement.options, WORDS, "operators", reader)?;
    let path = reader.path;
    for (word, element) in &given {
        let names = options::name_nodes(element);
        let function = || (!names.is_empty()).then(|| TriggerFunction::new(names, path));
        match *word {
            "restrict" => operator.restrict = function(),
            "join" => operator.join = function(),
            "commutator" => operator.commutator = Some(Partner::new(options::strings(names), path)),
            "negator" => operator.negator = Some(Partner::new(options::strings(names), path)),
            "hashes" => operator.hashes = flag(&given, word, reader)?.unwrap_or_default(),
            "merges" => operator.merges = flag(&given, word, reader)?.unwrap_or_default(),
            _ => {
                let error = reader.wrong(element.location, format!("{word} of an operator cannot change"));
                return Err(error.hint("write it in CREATE OPERATOR").into());
            }
        }
    }
    check(&operator, &given, reader)?;
    reader.catalog.objects.insert(id, operator.into());
    Ok(())
}

/// The operator that a statement names. Errors: it is not there (yet).
pub fn address(reader: &Reader, named: &ObjectWithArgs) -> Result<ObjectId, Stop> {
    let names = options::strings(&named.objname);
    let (name, before) = names.split_last().map_or((String::new(), &[][..]), |(name, before)| (name.clone(), before));
    let mut types = vec![];
    for node in &named.objargs {
        types.push(match node.node.as_ref() {
            Some(NodeEnum::TypeName(name)) => routine::type_of(name, reader)?.sql,
            _ => "NONE".into(),
        });
    }
    let schemas = if before.is_empty() { reader.path } else { before };
    let ids = schemas.iter().map(|schema| ObjectId {
        arguments: types.clone(),
        ..ObjectId::new(Kind::Operator, [schema.as_str(), &name])
    });
    ids.into_iter().find(|id| reader.catalog.objects.contains_key(id)).ok_or_else(|| {
        let message =
            format!("operator {}({}) does not exist in the desired state", sql_name(&names), types.join(", "));
        let error: Error = reader.wrong(0, message);
        Stop::Missing { name, error: error.hint("define it in the files, or correct its name and types") }
    })
}
