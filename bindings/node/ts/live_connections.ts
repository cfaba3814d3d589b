/** What the end of the process closes. */
interface Closable {
  close(): void;
}

/**
 * Connections that may still fire events: the process stays alive for them, and they for it although
 * the page may have dropped them. All others are only held by the page.
 */
const live = new Set<Closable>();

/** The end of the process closes its connections, as the end of a document does in a browser. */
function closeAll(): void {
  for (const connection of live) connection.close();
}

/** Says whether a connection may still fire events; the result is whether that is new. */
export function setLive(connection: Closable, mayFire: boolean): boolean {
  if (mayFire === live.has(connection)) return false;
  if (mayFire) live.add(connection);
  else live.delete(connection);
  process.off('exit', closeAll);
  if (live.size > 0) process.on('exit', closeAll);
  return true;
}
