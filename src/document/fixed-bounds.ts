/** How deep braces, brackets and parentheses of a document may stand in each other, and objects and lists of JSON. */
export const MOST_NESTING = 64;

/** How long a name may be: messages of the library repeat names, as often as they stand in the document. */
export const LONGEST_NAME = 200;

/** How many pairs of fields of one name may stand in one place: each is compared when the document is validated. */
export const MOST_REPETITIONS = 10_000;
