// Where a scenario is played: two connections on this machine, and the page's part.

import { setTimeout as pass } from 'node:timers/promises';
import { Letters, print, printConnectivity } from './lines.mjs';
import { Peer } from './peer.mjs';
import { stunServer } from './servers.mjs';
import { selectedPair } from './shown.mjs';

/** Two peers, and what was printed of them. */
export class Stage {
  #peers;
  #letters = new Letters();
  #servers = [];

  static async open() {
    const stage = new Stage();
    stage.#peers = ['alice', 'bob'].map((name) => new Peer(name, {}));
    return stage;
  }

  close() {
    for (const { pc } of this.#peers) pc.close();
    for (const server of this.#servers) server.close();
  }

  /** Does one step; what came of it, in lines. */
  async step({ who, verb, words: given }) {
    if (verb === 'wait' && given[0] === 'connected') {
      await this.#waitConnected();
      return this.#takeLines(this.#peers) + this.#takeConnectivity();
    }
    const sides = { alice: [0], bob: [1], both: [0, 1] }[who];
    await Promise.all(sides.map((side) => this.#act(side, verb, given)));
    return this.#takeLines(sides.map((side) => this.#peers[side]));
  }

  async #act(side, verb, given) {
    const peer = this.#peers[side];
    const { pc } = peer;
    switch (verb) {
      case 'new':
        pc.close();
        this.#peers[side] = new Peer(peer.name, await this.#configuration(given));
        return;
      case 'channel':
        peer.watchChannel(pc.createDataChannel('chat'));
        return;
      case 'transceiver':
        pc.addTransceiver(given[0]);
        return;
      case 'stop':
        pc.getTransceivers()[Number(given[0])].stop();
        return;
      case 'restartIce':
        pc.restartIce();
        return;
      case 'setConfiguration':
        pc.setConfiguration(await this.#configuration(given));
        return;
      case 'close':
        pc.close();
        return;
      case 'closeWhen':
        peer.closeWhen = given.join(' ');
        return;
      case 'keep':
        peer.kept = pc.localDescription;
        return;
      case 'setLocal':
        return this.#setLocal(peer, given);
      case 'setRemote':
        return this.#setRemote(peer, this.#peers[1 - side], given);
      case 'add':
        return this.#add(peer, this.#peers[1 - side], given);
      case 'send':
        return this.#send(peer, this.#peers[1 - side]);
      case 'wait':
        return this.#wait(peer, given);
      default:
        throw new Error(`${verb} is no step`);
    }
  }

  async #configuration(given) {
    const configuration = { iceServers: [] };
    for (const word of given) {
      const [name, value] = word.split('=');
      if (name === 'stun') {
        const server = await stunServer(value);
        this.#servers.push(server);
        configuration.iceServers.push({ urls: server.url });
      } else if (name === 'policy') {
        configuration.iceTransportPolicy = value;
      } else if (name === 'bundle') {
        configuration.bundlePolicy = value;
      }
    }
    return configuration;
  }

  /** An operation, and what its reaction sees. */
  #operate(peer, name, promise) {
    return promise.then(
      () => peer.note(`${name} settles`),
      (error) => peer.note(`${name} rejects ${error.name}`),
    );
  }

  /** `setLocal`, `setLocal pranswer`, `setLocal offer with iceRestart`. */
  async #setLocal(peer, given) {
    const [type] = given;
    let description = type === undefined ? undefined : { type };
    if (given.includes('iceRestart')) {
      description = await peer.pc.createOffer({ iceRestart: true });
      peer.note('createOffer settles');
    }
    const name = `setLocalDescription(${type ?? ''})`;
    return this.#operate(peer, name, peer.pc.setLocalDescription(description));
  }

  /**
   * `setRemote`, `setRemote kept`, `setRemote rollback`, `setRemote answer with A`: what the peer's
   * localDescription is by now, or was when it kept it; with the credentials of a generation.
   */
  #setRemote(peer, other, given) {
    const place = given.indexOf('with');
    const [word] = place < 0 ? given : given.slice(0, place);
    const theirs = word === 'kept' ? other.kept : other.pc.localDescription;
    let { type, sdp } = word === 'rollback' ? { type: word, sdp: '' } : theirs;
    if (word !== undefined && word !== 'kept') type = word;
    if (place >= 0) sdp = this.#withCredentials(other, sdp, given[place + 1]);
    const name = `setRemoteDescription(${type})`;
    return this.#operate(peer, name, peer.pc.setRemoteDescription({ type, sdp }));
  }

  /** Those of a generation of the peer, or, for `new`, of none. */
  #withCredentials(other, sdp, letter) {
    const known = this.#letters.ufrag(letter);
    const pwd = other.credentials.get(known);
    const [ufrag, password] =
      pwd === undefined ? ['invented', 'inventedPasswordOf22Chars'] : [known, pwd];
    return sdp
      .replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}\r`)
      .replace(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}\r`)
      .replace(/\r\r/g, '\r');
  }

  /** `add A`, `add end A`, `add null`: a candidate of a generation of the peer, its end, all ends. */
  #add(peer, other, given) {
    let init = null;
    if (given[0] !== 'null') {
      const ends = given[0] === 'end';
      const ufrag = this.#letters.ufrag(given.at(-1));
      init = other.candidates.find(
        (candidate) =>
          candidate.usernameFragment === ufrag && (candidate.candidate === '') === ends,
      );
    }
    return this.#operate(peer, 'addIceCandidate', peer.pc.addIceCandidate(init));
  }

  /** A message arrives; over which pair, as the receiver knows it. */
  async #send(peer, other) {
    const before = other.count('channel message');
    peer.objects.channel.send('hello');
    await other.until(() => other.count('channel message') > before, 'message');
    other.lines = other.lines.filter(({ text }) => text !== 'channel message');
    const pair = selectedPair(other.objects.transports[0]?.iceTransport);
    peer.note(`message arrives over ${pair}`);
  }

  async #wait(peer, given) {
    if (given[0] === 'complete') {
      await peer.until(() => peer.count('icecandidate null') > peer.completions, 'completion');
      peer.completions += 1;
      return;
    }
    if (given[1] === 'ms') return pass(Number(given[0]));
    const name = given.join(' ');
    const before = peer.count(name);
    return peer.until(() => peer.count(name) > before, name);
  }

  async #waitConnected() {
    const hasChannel = this.#peers.some(({ objects }) => objects.channel !== null);
    const rests = ({ pc, objects, count }) =>
      pc.connectionState === 'connected' &&
      pc.iceConnectionState === 'completed' &&
      (!hasChannel || objects.channel?.readyState === 'open');
    const opened = (peer) => peer.count('channel open') === Number(hasChannel);
    const wait = (peer) => peer.until(() => rests(peer) && opened(peer), 'connection');
    await Promise.all(this.#peers.map(wait));
  }

  /** What happened to those that the step is about; what the other does meanwhile has no order. */
  #takeLines(peers) {
    let all = '';
    for (const peer of peers) {
      const { text, later } = print(peer.name, peer.lines, peer.baseline, this.#letters);
      all += text;
      peer.lines = [];
      peer.connectivity.push(...later);
    }
    return all;
  }

  #takeConnectivity() {
    let all = '';
    for (const peer of this.#peers) {
      const { name, connectivity, baseline } = peer;
      all += printConnectivity(name, connectivity, baseline, this.#letters);
      peer.connectivity = [];
    }
    return all;
  }
}
