/** Which metrics and labels an expression of PromQL names. Reads what our rules and dashboards use of it, not more. */

const words = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
const labelled = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const token =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]|\$[a-z_]+|[a-zA-Z_:][\w:]*|\d[\w.]*|[(){},]|[^\s]/gu;

/**
 * The names in `expression`, each once.
 *
 * @throws Error where its brackets do not pair.
 */
export const namesIn = (expression) => {
  const tokens = expression.match(token) ?? [];
  const [metrics, labels] = [new Set(), new Set()];
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const name = tokens[at];
    if (name === '(') depth += 1;
    if (name === ')') depth -= 1;
    if (name === '{') {
      for (at += 1; tokens[at] !== '}'; at += 1) {
        if (at >= tokens.length) throw new Error(`a selector does not end: ${expression}`);
        if (/^[a-zA-Z_]/.test(tokens[at]) && /^[=!]/.test(tokens[at + 1] ?? '')) labels.add(tokens[at]);
      }
    } else if (labelled.has(name)) {
      if (tokens[at + 1] !== '(') continue;
      for (at += 2; tokens[at] !== ')'; at += 1) {
        if (at >= tokens.length) throw new Error(`labels do not end: ${expression}`);
        if (tokens[at] !== ',') labels.add(tokens[at]);
      }
    } else if (
      /^[a-zA-Z_:]/.test(name) &&
      !words.has(name) &&
      !['(', 'by', 'without'].includes(tokens[at + 1])
    )
      metrics.add(name);
  }
  if (depth !== 0) throw new Error(`brackets do not pair: ${expression}`);
  return { metrics: [...metrics], labels: [...labels] };
};
