/** What the library says of faults in words of its own, which repeat nothing of the text that was read. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  "TAG directive accepts exactly two arguments",
  "YAML directive accepts exactly one argument",
  "a line break is expected",
  "a whitespace character is expected after the key-value separator within a block mapping",
  "abnormal merge sequence size",
  "alias node should not have any properties",
  "bad explicit indentation width of a block scalar; it cannot be less than one",
  "bad indentation of a mapping entry",
  "bad indentation of a sequence entry",
  "can not read a block mapping entry; a multiline key may not be an implicit key",
  "cannot merge mappings; the provided source object is unacceptable",
  "deficient indentation",
  "directive name must not be less than one character in length",
  "directives end mark is expected",
  "duplicated mapping key",
  "duplication of %YAML directive",
  "duplication of a tag property",
  "duplication of an anchor property",
  "end of the stream or a document separator is expected",
  "expected ':' after a mapping key",
  "expected hexadecimal character",
  "expected the node content, but found ','",
  "expected valid JSON character",
  "ill-formed argument of the YAML directive",
  "ill-formed tag handle (first argument) of the TAG directive",
  "ill-formed tag prefix (second argument) of the TAG directive",
  "missed comma between flow collection entries",
  "name of an alias node must contain at least one character",
  "name of an anchor node must contain at least one character",
  "named tag handle cannot contain such characters",
  "nesting exceeded maxDepth (100)",
  "null byte is not allowed in input",
  "object-based map does not support complex keys",
  "repeat of a chomping mode identifier",
  "repeat of an indentation width identifier",
  "tab characters must not be used in indentation",
  "tag suffix cannot contain exclamation marks",
  "tag suffix cannot contain flow indicator characters",
  "the stream contains non-printable characters",
  "unacceptable YAML version of the document",
  "unexpected end of the document within a double quoted scalar",
  "unexpected end of the document within a single quoted scalar",
  "unexpected end of the stream within a double quoted scalar",
  "unexpected end of the stream within a flow collection",
  "unexpected end of the stream within a single quoted scalar",
  "unexpected end of the stream within a verbatim tag",
  "unknown escape sequence",
]);

const UNKNOWN_TAG = "unknown tag; a text that starts with ! wants quotes";

/** Reasons that repeat the text, by how they start, and what is said instead. */
const REWORDED: readonly (readonly [start: string, message: string])[] = [
  ["unidentified alias", "an alias without its anchor; a text that starts with * wants quotes"],
  ["recursive alias", "an alias stands inside of what it stands for"],
  ["unknown scalar tag", UNKNOWN_TAG],
  ["unknown sequence tag", UNKNOWN_TAG],
  ["unknown mapping tag", UNKNOWN_TAG],
  ["undeclared tag handle", UNKNOWN_TAG],
  ["tag name cannot contain such characters", "a tag has a character that no tag may have"],
  ["cannot resolve a node with", "the value does not fit its tag"],
  ["there is a previously declared suffix", "a tag handle is declared twice"],
  ["merge keys exceeded", "too many keys are merged by <<"],
];

/**
 * The library's reason for a fault without a word of the text that was read, which may be a secret; "this is not YAML"
 * for a reason that is not known here.
 */
export function safeReason(reason: string): string {
  if (OWN_WORDS.has(reason)) return reason;
  return REWORDED.find(([start]) => reason.startsWith(start))?.[1] ?? "this is not YAML";
}
