//! "did you mean": the known word that is closest to a wrong one.

/// The candidate within two or three typing errors of `word`, nearest first; `None` when nothing is near.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if word.chars().count() > 5 { 3 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(closest("sslmod", ["host", "sslmode", "sslcert"]), Some("sslmode"));
        assert_eq!(closest("SSLMODE", ["sslmode"]), Some("sslmode"));
        assert_eq!(closest("lock-timeout", ["lock_timeout", "role"]), Some("lock_timeout"));
        assert_eq!(closest("elephant", ["host", "port"]), None);
        assert_eq!(closest("x", ["y"]), None);
    }
}
