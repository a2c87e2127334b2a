import { Lexer, Source, TokenKind } from 'graphql';

const OPENING = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const CLOSING = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Whether brackets stand deeper in one another than the limit; the parser would go down with each of them. */
export function isNestedBeyond(query: string, limit: number, tokensMax: number): boolean {
  const lexer = new Lexer(new Source(query));
  let depth = 0;
  for (let tokens = 0; tokens < tokensMax; tokens += 1) {
    const { kind } = lexer.advance();
    if (kind === TokenKind.EOF) return false;
    if (OPENING.has(kind)) depth += 1;
    else if (CLOSING.has(kind)) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}
