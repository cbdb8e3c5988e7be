/** What a program printed, as lines for the eye. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours and moves of a terminal begin so
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Without the colours of a terminal, and of a bar that was drawn over and over only how it ended. */
export function logLines(text: string): string[] {
  const lines = text.replaceAll(TERMINAL, "").replaceAll("\r\n", "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => {
    if (!line.includes("\r")) return line;
    const drawn = line.split("\r").filter((part) => part.trim() !== "");
    return drawn.at(-1) ?? "";
  });
}

const OUTPUT = /(^|\/)(std(out|err)|std_log|console|output|driver)[\w-]*(\.(log|txt))?$/i;
const ENDING = /\.(log|out|err)$/i;
export const LOG_FOLDER = /^(logs?|user_logs|std_?logs?|azureml-logs)$/i;

/** Whether a file holds what a program printed. */
export function isLog(path: string, isInLogFolder: boolean): boolean {
  return ENDING.test(path) || OUTPUT.test(path) || (isInLogFolder && /\.txt$/i.test(path));
}

/** What was printed before what was logged; then by name. */
export function inReadingOrder(paths: string[]): string[] {
  const place = (path: string) => (OUTPUT.test(path) ? 0 : 1);
  return [...paths].sort((one, other) => place(one) - place(other) || one.localeCompare(other));
}
