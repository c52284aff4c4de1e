//! XML functions with their own syntax.

use pg_query::NodeEnum;
use pg_query::protobuf as pb;

use super::analyzer::{Analyzer, Typed, content, required};
use super::form::{Form, atom, list, node, number};
use super::unresolved::{Resolved, Unresolved};

impl<'a> Analyzer<'a> {
    pub fn xml(&mut self, inner: &NodeEnum) -> Resolved<Typed<'a>> {
        match inner {
            NodeEnum::XmlExpr(call) => self.xml_call(call),
            NodeEnum::XmlSerialize(call) => self.xml_serialize(call),
            _ => Err(Unresolved::unsupported("no XML function")),
        }
    }

    fn xml_call(&mut self, call: &pb::XmlExpr) -> Resolved<Typed<'a>> {
        use pb::XmlExprOp as Op;
        let op = Op::try_from(call.op).unwrap_or(Op::Undefined);
        let mut named = vec![];
        for argument in &call.named_args {
            let NodeEnum::ResTarget(target) = content(argument)? else {
                return Err(Unresolved::unsupported("a malformed XML argument"));
            };
            let given = required(&target.val)?;
            let name = match target.name.as_str() {
                "" => super::output::column_name(given),
                name => name.to_owned(),
            };
            let value = self.expression(given)?;
            named.push(list(vec![atom(name), self.settle(value)?.form]));
        }
        let mut arguments = vec![];
        for argument in &call.args {
            let value = self.expression(argument)?;
            let document = matches!(op, Op::IsXmlconcat | Op::IsDocument | Op::IsXmlroot) && value.is_unknown();
            arguments.push(if document { self.fit(value, "xml")? } else { self.settle(value)? }.form);
        }
        let parts = vec![
            number(call.op),
            atom(call.name.as_str()),
            list(named),
            list(arguments),
            number(call.xmloption),
            Form::Flag(call.indent),
        ];
        Ok(Typed::of(node("xml", parts), if op == Op::IsDocument { "bool" } else { "xml" }))
    }

    fn xml_serialize(&mut self, call: &pb::XmlSerialize) -> Resolved<Typed<'a>> {
        let name = call.type_name.as_ref().ok_or_else(|| Unresolved::unsupported("a cast without a type"))?;
        let (key, typmod) = self.type_name(name)?;
        let value = self.expression(required(&call.expr)?)?;
        let value = self.fit(value, "xml")?;
        let parts = vec![number(call.xmloption), value.form, atom(key), number(typmod), Form::Flag(call.indent)];
        let value = Typed::of(node("xml-serialize", parts), key);
        Ok(self.coerce_typmod(value, key, typmod, true))
    }
}
