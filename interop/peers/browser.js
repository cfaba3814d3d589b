// Browsers, with the settings they come with.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import puppeteer from 'puppeteer-core';

const PROGRAMS = {
  chrome: process.env.RILL_CHROMIUM ?? '/usr/bin/chromium',
  firefox: process.env.RILL_FIREFOX ?? '/usr/bin/firefox-esr',
};

/** Starts a browser that nobody sees. */
export function launch(browser) {
  // Chromium's sandbox refuses to run as root.
  const args = browser === 'chrome' && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return puppeteer.launch({ browser, executablePath: PROGRAMS[browser], headless: true, args });
}

/** A peer whose connections live in pages of their own. */
export async function browserPeer(name) {
  const site = await serveEndpoint();
  const browser = await launch(name === 'chromium' ? 'chrome' : name);
  return {
    name,
    async connection() {
      const page = await browser.newPage();
      await page.goto(site.url);
      await page.waitForFunction('window.endpoint !== undefined');
      return remoteEndpoint(page);
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}

/** Every method of Endpoint, called in the page. */
function remoteEndpoint(page) {
  const call = (method, args) => page.evaluate(
    (method, args) => window.endpoint[method](...args),
    method,
    args,
  );
  const close = async () => {
    await call('close', []);
    await page.close();
  };
  return new Proxy({}, {
    get(_, method) {
      // Not a promise, whatever `await` thinks.
      if (method === 'then') return undefined;
      return method === 'close' ? close : (...args) => call(method, args);
    },
  });
}

async function serveEndpoint() {
  const script = await readFile(new URL('./endpoint.js', import.meta.url));
  const page = `<!doctype html><title>endpoint</title><script type="module">
    import { Endpoint } from '/endpoint.js';
    window.endpoint = new Endpoint(RTCPeerConnection);
  </script>`;
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/endpoint.js' ? ['text/javascript', script] : ['text/html', page];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
