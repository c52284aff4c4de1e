//! Locales of ICU, and when two of them are the same.

use serde::{Serialize, Serializer};

/// A locale as written, such as `de-DE-u-co-phonebk`. Equal when ICU would write both in the same way.
#[derive(Clone, Debug)]
pub struct Locale(pub String);

impl Locale {
    /// A form that is the same for all ways to write a language tag: case, `_`, the order of the keywords behind `u`,
    /// and `true`, which newer versions of ICU leave out.
    pub fn normal(&self) -> String {
        let text = self.0.to_lowercase().replace('_', "-");
        let text = if text.is_empty() || text == "root" { "und" } else { text.as_str() };
        let (language, keywords) = text.split_once("-u-").unwrap_or((text, ""));
        // what follows another singleton keeps its place
        let (keywords, rest) = match keywords.split('-').position(|part| part.len() == 1) {
            Some(at) => {
                let parts: Vec<&str> = keywords.split('-').collect();
                (parts[..at].join("-"), parts[at..].join("-"))
            }
            None => (keywords.to_string(), String::new()),
        };
        let mut pairs: Vec<Vec<&str>> = vec![];
        for part in keywords.split('-').filter(|part| !part.is_empty()) {
            match pairs.last_mut() {
                Some(pair) if part.len() != 2 => pair.push(part),
                _ => pairs.push(vec![part]),
            }
        }
        pairs.iter_mut().for_each(|pair| pair.retain(|part| !matches!(*part, "true" | "yes")));
        pairs.sort_unstable();
        let pairs: Vec<String> = pairs.iter().map(|pair| pair.join("-")).collect();
        let mut out = language.to_string();
        if !pairs.is_empty() {
            out.push_str(&format!("-u-{}", pairs.join("-")));
        }
        if !rest.is_empty() {
            out.push_str(&format!("-{rest}"));
        }
        out
    }
}

impl PartialEq for Locale {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Serialize for Locale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.normal())
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn the_same_in_other_words() {
        for (one, two) in [
            ("de_DE", "de-DE"),
            ("", "und"),
            ("und-u-ks-level2-kn-true", "und-u-kn-ks-level2"),
            ("und-u-kf-upper-co-standard", "und-u-co-standard-kf-upper"),
            ("EN-GB-U-KR-LATN-DIGIT", "en-GB-u-kr-latn-digit"),
            ("zh_Hans_CN", "zh-Hans-CN"),
        ] {
            assert_eq!(Locale(one.into()), Locale(two.into()), "{one}");
        }
    }

    #[test]
    fn different_ones() {
        for (one, two) in [("de", "de-AT"), ("de", "de-u-co-phonebk"), ("en-u-kn-false", "en-u-kn")] {
            assert_ne!(Locale(one.into()), Locale(two.into()), "{one}");
        }
    }
}
