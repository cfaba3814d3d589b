// STUN servers with the manners that a scenario wants, on an address of this machine.

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const MAGIC = 0x2112a442;

/** An IPv4 address from which every socket of this machine can be reached. */
function ownAddress() {
  const all = Object.values(networkInterfaces()).flat();
  const own = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  return own?.address ?? '127.0.0.1';
}

/** `silent` never answers, `mirror` says the truth, and `mapped` what a translator would make of it. */
export async function stunServer(manner) {
  const socket = createSocket('udp4');
  socket.unref();
  const address = ownAddress();
  await new Promise((resolve) => socket.bind(0, address, resolve));
  socket.on('message', (message, client) => {
    if (manner === 'silent') return;
    const seen = manner === 'mapped' ? '203.0.113.1' : client.address;
    socket.send(answer(message.subarray(4, 20), seen, client.port), client.port, client.address);
  });
  return { url: `stun:${address}:${socket.address().port}`, close: () => socket.close() };
}

function answer(cookieAndId, address, port) {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt16BE(BINDING_SUCCESS, 0);
  bytes.writeUInt16BE(12, 2);
  cookieAndId.copy(bytes, 4);
  bytes.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  bytes.writeUInt16BE(8, 22);
  bytes.writeUInt16BE(1, 24);
  bytes.writeUInt16BE(port ^ (MAGIC >>> 16), 26);
  const octets = address.split('.').map(Number);
  const word = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  bytes.writeUInt32BE((word ^ MAGIC) >>> 0, 28);
  return bytes;
}
