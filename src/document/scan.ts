import { GraphQLError, Lexer, Source, TokenKind, type Token } from 'graphql';

/** What the text of a document is made of. */
export interface Scan {
  /** Comments count, too. */
  tokens: number;
  /** How deep braces, brackets and parentheses stand in each other. */
  nesting: number;
  /** How long the longest name is. */
  name: number;
}

const OPENING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/**
 * Counts without a parser, which would go down as deep as the text does. It ends where a count is beyond its bound, or the text is
 * no GraphQL: the parser says that better.
 */
export function scanDocument(text: string, most: Scan): Scan {
  const lexer = new Lexer(new Source(text));
  const scan = { tokens: 0, nesting: 0, name: 0 };
  let level = 0;
  while (scan.tokens <= most.tokens && scan.nesting <= most.nesting && scan.name <= most.name) {
    const token = nextToken(lexer);
    if (!token) break;
    scan.tokens += 1 + commentsBefore(token);
    if (token.kind === TokenKind.NAME) scan.name = Math.max(scan.name, token.end - token.start);
    if (OPENING.has(token.kind)) scan.nesting = Math.max(scan.nesting, ++level);
    if (CLOSING.has(token.kind)) level--;
    if (token.kind === TokenKind.EOF) {
      scan.tokens--;
      break;
    }
  }
  return scan;
}

/** Null where the text goes on with something that is no token. */
function nextToken(lexer: Lexer): Token | null {
  try {
    return lexer.advance();
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

function commentsBefore({ prev }: Token): number {
  let count = 0;
  for (let before = prev; before?.kind === TokenKind.COMMENT; before = before.prev) count++;
  return count;
}
