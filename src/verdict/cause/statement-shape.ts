/**
 * A statement without what differs from one call of it to the next: comments, constants, parameters, white space. So
 * that a text of the scenario, of pg_stat_activity and of pg_stat_statements can be known for the same.
 */
export function statementShape(text: string): string {
  return text
    .replace(/\/\*.*?\*\/|--[^\n]*/gs, ' ')
    .replace(/'(?:[^']|'')*'|\$\d+|(?<![\w".])-?\d+(?:\.\d+)?/g, '?')
    .replace(/\s+/g, ' ')
    .replace(/\s*([(),=<>])\s*/g, '$1')
    .replace(/\?(?:,\?)+/g, '?')
    .trim()
    .replace(/;$/, '')
    .toLowerCase();
}
