//! HTML that survives Markdown.

/// Text that a browser shows exactly as it is, wherever in a page it is put.
///
/// Everything but letters, digits and spaces becomes a character reference. So Markdown sees no mark-up
/// in it, smart punctuation leaves quotes alone, mdBook finds no directive, and since line breaks are
/// references as well, a block of many lines is one line of source: it can stand in a list or a quote,
/// and a blank line in it does not end the HTML block.
pub fn text(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == ' ' || !c.is_ascii() {
            encoded.push(c);
        } else {
            encoded.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    encoded
}

/// `text` in a code element, for a path or a command within a sentence.
pub fn code(content: &str) -> String {
    format!("<code class=\"nohighlight\">{}</code>", text(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_for_markdown_or_mdbook() {
        assert_eq!(text("a b"), "a b");
        assert_eq!(text("<&>\n{{#"), "&#60;&#38;&#62;&#10;&#123;&#123;&#35;");
        assert_eq!(text("3 µs"), "3 µs");
    }
}
