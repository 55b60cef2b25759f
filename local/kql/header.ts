/** What a file of KQL says of itself in its first three lines; rules, workbook and documents take it from there. */
export interface Header {
  readonly title: string;
  /** The question that it answers. */
  readonly answers: string;
  /** What to do about the answer. */
  readonly act: string;
}

const HEADER = /^\/\/ Title: (?<title>\S.*)\n\/\/ Answers: (?<answers>\S.*\?)\n\/\/ Do: (?<act>\S.*\.)\n(?!\/\/)/;

/** Null where the first three lines are not such a header. */
export function headerOf(text: string): Header | null {
  const { title, answers, act } = HEADER.exec(text)?.groups ?? {};
  if (title === undefined || answers === undefined || act === undefined) return null;
  return { title, answers, act };
}
