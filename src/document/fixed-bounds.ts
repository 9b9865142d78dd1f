/** How deep braces, brackets and parentheses of a document may stand in each other, and objects and lists of JSON. */
export const MOST_NESTING = 64;

/** How many pairs of fields of one name may stand in one place: each is compared when the document is validated. */
export const MOST_REPETITIONS = 10_000;
