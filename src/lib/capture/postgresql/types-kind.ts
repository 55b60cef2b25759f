/** How a value's text becomes JSON; see `writeValue`. */
export type ValueKind = ScalarKind | ArrayKind;

export type ScalarKind = 'number' | 'float' | 'boolean' | 'bytea' | 'timestamp' | 'string';

export interface ArrayKind {
  readonly element: ValueKind;
  /** The byte between elements; `;` for boxes, else `,`. */
  readonly delimiter: number;
}
