//! UNION, INTERSECT and EXCEPT.

use pg_query::protobuf as pb;

use super::analyzer::{Analyzer, Typed};
use super::form::{Form, node, number};
use super::query::{Leaf, is_plain, is_set_operation};
use super::scope::Output;
use super::unresolved::{Resolved, Unresolved};

/// One side of a set operation.
enum Arm<'a> {
    /// A SELECT whose literals may still take the type of the other side.
    Leaf(Leaf<'a>),
    Done(Form),
    Both {
        operation: i32,
        all: bool,
        left: Box<Arm<'a>>,
        right: Box<Arm<'a>>,
    },
}

impl<'a> Analyzer<'a> {
    pub fn set_operation(&mut self, select: &pb::SelectStmt, with: Form) -> Resolved<(Form, Vec<Output<'a>>)> {
        if !select.locking_clause.is_empty() || select.into_clause.is_some() {
            return Err(Unresolved::unsupported("a lock or INTO of a set operation"));
        }
        let (arm, mut columns) = self.both(select)?;
        let tree = self.finish_arm(arm)?;
        for column in &mut columns {
            if column.key == "unknown" {
                column.key = "text";
            }
        }
        let named = |(at, column): (usize, &Output<'a>)| {
            let form = node("output", vec![number(at as i64)]);
            (column.name.clone(), Typed::new(form, column.key, column.typmod))
        };
        let targets = columns.iter().enumerate().map(named).collect();
        if let Some(scope) = self.scopes.last_mut() {
            scope.targets = Some(targets);
        }
        let order = self.order_by(&select.sort_clause)?;
        let limit = self.limit(&select.limit_count)?;
        let offset = self.limit(&select.limit_offset)?;
        let ties = Form::Flag(select.limit_option == pb::LimitOption::WithTies as i32);
        Ok((node("setop", vec![with, tree, order, limit, offset, ties]), columns))
    }

    fn both(&mut self, select: &pb::SelectStmt) -> Resolved<(Arm<'a>, Vec<Output<'a>>)> {
        let (Some(left), Some(right)) = (&select.larg, &select.rarg) else {
            return Err(Unresolved::unsupported("a malformed set operation"));
        };
        self.enter()?;
        let (mut left, left_columns) = self.arm(left)?;
        let (mut right, right_columns) = self.arm(right)?;
        self.leave();
        if left_columns.len() != right_columns.len() {
            return Err(Unresolved::unsupported("a set operation of different numbers of columns"));
        }
        let mut columns = vec![];
        for (at, (one, other)) in left_columns.into_iter().zip(right_columns).enumerate() {
            let key = self.require_common(&[one.key, other.key])?;
            self.type_literal(&mut left, at, key)?;
            self.type_literal(&mut right, at, key)?;
            let same = one.key == other.key && one.typmod == other.typmod;
            columns.push(Output { name: one.name, key, typmod: if same { one.typmod } else { -1 } });
        }
        let arm = Arm::Both { operation: select.op, all: select.all, left: Box::new(left), right: Box::new(right) };
        Ok((arm, columns))
    }

    fn arm(&mut self, select: &pb::SelectStmt) -> Resolved<(Arm<'a>, Vec<Output<'a>>)> {
        let bare = select.sort_clause.is_empty()
            && select.limit_count.is_none()
            && select.limit_offset.is_none()
            && select.locking_clause.is_empty()
            && select.with_clause.is_none();
        if is_set_operation(select) && bare {
            return self.both(select);
        }
        if !is_plain(select) {
            let (form, columns) = self.select(select)?;
            return Ok((Arm::Done(form), columns));
        }
        let leaf = self.leaf(select)?;
        let column =
            |(name, value): &(String, Typed<'a>)| Output { name: name.clone(), key: value.key, typmod: value.typmod };
        let columns = leaf.targets.iter().map(column).collect();
        Ok((Arm::Leaf(leaf), columns))
    }

    /// Literals of a SELECT take the common type.
    fn type_literal(&mut self, arm: &mut Arm<'a>, at: usize, key: &'a str) -> Resolved<()> {
        if let Arm::Leaf(leaf) = arm
            && let Some((_, value)) = leaf.targets.get_mut(at)
            && value.is_unknown()
        {
            *value = self.fit(value.clone(), key)?;
        }
        Ok(())
    }

    fn finish_arm(&mut self, arm: Arm<'a>) -> Resolved<Form> {
        match arm {
            Arm::Leaf(leaf) => Ok(self.finish_leaf(leaf)?.0),
            Arm::Done(form) => Ok(form),
            Arm::Both { operation, all, left, right } => {
                let left = self.finish_arm(*left)?;
                let right = self.finish_arm(*right)?;
                Ok(node("set", vec![number(operation), Form::Flag(all), left, right]))
            }
        }
    }
}
