"""aiortc as a peer that speaks the protocol of interop/README.md over its standard streams."""

import asyncio
import hashlib
import json
import random
import sys
import time

import aiortc
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp


def emit(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def noise(size, seed):
    """The same bytes for the same seed, by xorshift."""
    content = bytearray(size)
    state = seed | 1
    for i in range(size):
        state = (state ^ state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state = (state ^ state << 5) & 0xFFFFFFFF
        content[i] = state & 0xFF
    return bytes(content)


def digest(data):
    """Kind, length in bytes and FNV-1a hash."""
    content = data.encode() if isinstance(data, str) else data
    value = 0x811C9DC5
    for byte in content:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    kind = "text" if isinstance(data, str) else "binary"
    return {"kind": kind, "length": len(content), "hash": value}


def strong_digest(content):
    """Length in bytes and SHA-256."""
    return {"length": len(content), "hash": hashlib.sha256(content).hexdigest()}


# From here on `pour` waits.
MUCH_BUFFERED = 4 * 1024 * 1024


class Collection:
    """The messages of a channel that are told all at once."""

    def __init__(self, label, size):
        self.label = label
        self.size = size
        self.content = bytearray()
        self.start = None

    def add(self, data):
        self.start = self.start or time.monotonic()
        self.content += data
        if len(self.content) >= self.size:
            took = (time.monotonic() - self.start) * 1000
            digest = strong_digest(self.content)
            emit({"event": "collected", "label": self.label, "milliseconds": took, "digest": digest})


class Peer:
    def __init__(self):
        self.collections = {}
        self.connection = RTCPeerConnection()
        self.channels = {}
        on = self.connection.on
        on("datachannel", self.adopt)
        on("connectionstatechange", lambda: self.tell("connection", self.connection.connectionState))
        on("icegatheringstatechange", lambda: self.tell("gathering", self.connection.iceGatheringState))

    def tell(self, event, state):
        emit({"event": event, "state": state})

    def adopt(self, channel):
        label = channel.label
        self.channels[label] = channel

        def opened():
            emit({"event": "open", "label": label, "ordered": channel.ordered})

        def received(data):
            if label in self.collections:
                return self.collections[label].add(data)
            emit({"event": "message", "label": label, "digest": digest(data)})

        channel.on("message", received)
        channel.on("close", lambda: emit({"event": "closed", "label": label}))
        if channel.readyState == "open":
            opened()
        else:
            channel.on("open", opened)

    async def perform(self, command):
        """Performs one command; what it returns is the reply."""
        name = command["do"]
        if name == "channel":
            channel = self.connection.createDataChannel(command["label"], ordered=command["ordered"])
            self.adopt(channel)
        elif name == "offer":
            if command.get("iceRestart"):
                raise NotImplementedError("createOffer() takes no iceRestart")
            await self.connection.setLocalDescription(await self.connection.createOffer())
            return self.local()
        elif name == "answer":
            await self.connection.setRemoteDescription(description(command))
            await self.connection.setLocalDescription(await self.connection.createAnswer())
            return self.local()
        elif name == "accept":
            await self.connection.setRemoteDescription(description(command))
        elif name == "local":
            return self.local()
        elif name == "candidate":
            await self.add_candidate(command["candidate"])
        elif name == "restart":
            raise NotImplementedError("there is no restartIce()")
        elif name == "send":
            size = command["size"]
            data = noise(size, command["seed"])
            if command["kind"] == "text":
                data = data.hex()[:size]
            self.channels[command["label"]].send(data)
            return {"digest": digest(data)}
        elif name == "pour":
            return await self.pour(command)
        elif name == "collect":
            label = command["label"]
            self.collections[label] = Collection(label, command["bytes"])
        elif name == "closeChannel":
            self.channels[command["label"]].close()
        elif name == "close":
            await self.connection.close()
        return {}

    async def pour(self, command):
        """Sends so many pseudo-random bytes, no faster than they leave."""
        channel = self.channels[command["label"]]
        content = random.Random(command["seed"]).randbytes(command["bytes"])
        size = command["size"]
        for at in range(0, len(content), size):
            while channel.bufferedAmount > MUCH_BUFFERED:
                await asyncio.sleep(0.005)
            channel.send(content[at : at + size])
        return {"digest": strong_digest(content)}

    def local(self):
        local = self.connection.localDescription
        return {"description": {"type": local.type, "sdp": local.sdp}}

    async def add_candidate(self, given):
        if not given or not given["candidate"]:
            return await self.connection.addIceCandidate(None)
        candidate = candidate_from_sdp(given["candidate"].removeprefix("candidate:"))
        candidate.sdpMid = given["sdpMid"]
        candidate.sdpMLineIndex = given["sdpMLineIndex"]
        await self.connection.addIceCandidate(candidate)


def description(command):
    return RTCSessionDescription(**command["description"])


async def main():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    emit({"event": "ready", "version": aiortc.__version__})
    peer = None
    while line := await reader.readline():
        command = json.loads(line)
        reply = {"id": command["id"]}
        try:
            if command["do"] == "create":
                peer = Peer()
            else:
                reply |= await peer.perform(command)
        except Exception as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        emit(reply)


asyncio.run(main())
