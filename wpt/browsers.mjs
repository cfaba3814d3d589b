/**
 * A table of one group: per file and in total how many subtests pass, here and in each browser of
 * `browsers`. What a browser reported counts; what only we report does not.
 */
export function compare(results, browsers, group) {
  const rows = [];
  for (const { file, subtests } of results) {
    const known = browsers[file];
    if (known?.group !== group) continue;
    const ours = new Map(subtests.map(({ name, status }) => [name, status]));
    const statuses = known.subtests.map(([name, ...theirs]) => [ours.get(name) ?? '-', ...theirs]);
    rows.push({ file, statuses });
  }
  const everything = rows.flatMap(({ statuses }) => statuses);
  const lines = [...rows, { file: `group ${group}`, statuses: everything }].map(line);
  return ['  of   rill  browsers', ...lines].join('\n');
}

function line({ file, statuses }) {
  const columns = Math.max(0, ...statuses.map(({ length }) => length));
  const passed = Array.from(
    { length: columns },
    (_, column) => statuses.filter((row) => row[column] === 'PASS').length,
  );
  const numbers = [statuses.length, ...passed].map((number) => String(number).padStart(4));
  return `${numbers.join('  ')}  ${file}`;
}
