/** Where a template's values come from. */
export interface TemplateScope {
  /**
   * Uniform in [0, 1), a pure function of the field. Each `random.…` call site draws on a field of its own (first
   * field + its position among the template's random call sites; texts longer than 8 characters also on field +
   * k × 65536); `seen.<pool>` on a field that depends on the pool alone.
   */
  draw(field: number): number;
  /** A value seen by an earlier request; undefined: the pool is empty. */
  seen?(pool: string, draw: number): unknown;
  /** An output of the environment: `database.url.app`, `service.shop.url`. */
  output?(path: string): string | undefined;
  /** The row's number, from 1, in data generators. */
  row?: number;
  /** `item.url`, `before.enabled`: what is cleaned, and as it was before the upgrade; undefined: no such part. */
  item?(path: readonly string[]): unknown;
  /** `request.id`, `env.<NAME>`. */
  variable?(path: string): string | undefined;
}
