//! A change of a file as a unified diff.

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// The difference of two texts in the format of `diff -u`, with one hunk from the first line that differs to the last;
/// empty when they are equal.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    if before == after {
        return String::new();
    }
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let from = head.saturating_sub(CONTEXT);
    let after_tail = tail.saturating_sub(CONTEXT);
    let (old_end, new_end) = (old.len() - after_tail, new.len() - after_tail);
    let first = |count: usize| if count == 0 { from } else { from + 1 };
    let (old_count, new_count) = (old_end - from, new_end - from);
    let source = if before.is_empty() { "/dev/null" } else { path };
    let mut out = format!(
        "--- {source}\n+++ {path}\n@@ -{},{old_count} +{},{new_count} @@\n",
        first(old_count),
        first(new_count)
    );
    let mut push = |sign: char, lines: &[&str]| lines.iter().for_each(|line| out.push_str(&format!("{sign}{line}\n")));
    push(' ', &old[from..head]);
    push('-', &old[head..old.len() - tail]);
    push('+', &new[head..new.len() - tail]);
    push(' ', &old[old.len() - tail..old_end]);
    out
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn a_change_is_shown_with_its_surroundings() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let expected = "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(diff("f", before, &before.replace('5', "five")), expected);
        assert_eq!(diff("f", "", "1\n"), "--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n+1\n");
        assert_eq!(diff("f", before, before), "");
    }
}
