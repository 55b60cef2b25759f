/** What formulas of the documents may name. */
export type Values = Readonly<Record<string, number>>;

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  max: Math.max,
  min: Math.min,
  ceil: Math.ceil,
};

/**
 * Works out a formula as the documents write it: `ceil(events × peak ÷ 86,400)`. Numbers, names, `+ − × ÷`, parentheses, and
 * `max`, `min` and `ceil`; a comma without a space belongs to a number.
 *
 * @throws Error naming what it does not know: a formula is never guessed at
 */
export function evaluate(formula: string, values: Values): number {
  const tokens = formula.match(/\d+(?:,\d{3})*(?:\.\d+)?|[A-Za-z]\w*|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new Error(`${formula}: did not expect ${tokens[at] ?? 'the end'} as part ${at + 1}`);
  };
  const takes = (...wanted: string[]): boolean => {
    if (!wanted.includes(tokens[at] ?? '')) return false;
    at += 1;
    return true;
  };
  const expect = (wanted: string): void => {
    if (!takes(wanted)) fail();
  };

  const sum = (): number => {
    let value = product();
    for (;;) {
      if (takes('+')) value += product();
      else if (takes('−')) value -= product();
      else return value;
    }
  };
  const product = (): number => {
    let value = factor();
    for (;;) {
      if (takes('×')) value *= factor();
      else if (takes('÷')) value /= factor();
      else return value;
    }
  };
  const factor = (): number => {
    if (takes('(')) {
      const value = sum();
      expect(')');
      return value;
    }
    const token = tokens[at] ?? fail();
    if (/^\d/.test(token)) {
      at += 1;
      return Number(token.replaceAll(',', ''));
    }
    if (!/^[A-Za-z]/.test(token)) return fail();
    at += 1;
    const called = FUNCTIONS[token];
    if (called === undefined) return values[token] ?? unknown(formula, token);
    expect('(');
    const inputs = [sum()];
    while (takes(',')) inputs.push(sum());
    expect(')');
    return called(...inputs);
  };

  const value = sum();
  if (at < tokens.length) fail();
  return value;
}

function unknown(formula: string, name: string): never {
  throw new Error(`${formula}: nothing is called ${name}`);
}
