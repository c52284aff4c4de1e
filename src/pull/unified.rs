//! A change of a file as a unified diff.

use similar::TextDiff;

/// The difference of two texts in the format of `diff -u`; empty when they are equal.
pub fn diff(path: &str, before: &str, after: &str) -> String {
    let source = if before.is_empty() { "/dev/null" } else { path };
    TextDiff::from_lines(before, after).unified_diff().header(source, path).to_string()
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_are_shown_with_their_surroundings() {
        let before: String = (1..=20).map(|at| format!("{at}\n")).collect();
        let after = before.replace("5\n6\n", "five\n6\n").replace("18\n", "");
        let expected = "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
            @@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n";
        assert_eq!(diff("f", &before, &after), expected);
        assert_eq!(diff("f", "", "1\n"), "--- /dev/null\n+++ f\n@@ -0,0 +1 @@\n+1\n");
        assert_eq!(diff("f", &before, &before), "");
    }
}
