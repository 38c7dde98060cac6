"""The coffee machine of examples/proto/cafe.proto on gRPC's C++ core.

Its arguments are the path of a unix socket and a folder of certificates. Prints `listening TARGET...`
once it serves (TCP, the socket, TLS, TLS with client certificates), then one line per call with what
it saw.
Request metadata steers a call; README.md beside this file lists the keys.
"""

import asyncio
import sys
from collections import defaultdict
from contextlib import asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "proto"))

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

cafe, services = grpc.protos_and_services("cafe.proto")

CODES = {code.value[0]: code for code in grpc.StatusCode}
FAILURE = "no coffee: 0 % left ☕"

# Set once the call of this name was cancelled.
cancelled = defaultdict(asyncio.Event)


class Seen:
    """What one call brought along, and what it asks of the server."""

    def __init__(self, method, context):
        self.method = method
        self.metadata = defaultdict(list)
        for key, value in context.invocation_metadata():
            self.metadata[key].append(value)
        self.remaining = context.time_remaining()
        self.messages = 0

    def first(self, key):
        return self.metadata[key][0] if key in self.metadata else None

    def initial(self):
        return [("x-echo-initial", value) for value in self.metadata["x-echo-initial"]]

    def trailing(self):
        echoed = [("x-echo-trailing-bin", value) for value in self.metadata["x-echo-trailing-bin"]]
        left = "none" if self.remaining is None else str(int(self.remaining * 1000))
        return (
            *echoed,
            ("x-saw-timeout-ms", left),
            ("x-saw-user-agent", self.first("user-agent") or "none"),
            ("x-saw-messages", str(self.messages)),
        )

    def line(self, end):
        keys = " ".join(f"{key}={values}" for key, values in sorted(self.metadata.items()) if values)
        return f"{self.method} remaining={self.remaining} messages={self.messages} {keys}: {end}"


@asynccontextmanager
async def call(method, context):
    """Does what the request's metadata asks for, around the method's own work."""
    seen = Seen(method, context)
    try:
        await before(seen, context)
        yield seen
        context.set_trailing_metadata(seen.trailing())
        print(seen.line("ended"), flush=True)
    except asyncio.CancelledError:
        print(seen.line("cancelled"), flush=True)
        if key := seen.first("x-call"):
            cancelled[key].set()
        raise


async def before(seen, context):
    if seen.initial():
        await context.send_initial_metadata(seen.initial())
    if key := seen.first("x-await-cancelled"):
        await cancelled[key].wait()
    if code := seen.first("x-fail"):
        await fail(int(code), seen, context)
    if hang := seen.first("x-hang"):
        if hang == "after-headers" and not seen.initial():
            await context.send_initial_metadata([])
        await asyncio.Event().wait()


async def fail(code, seen, context):
    """Ends the call with a status whose details hold a known and an unknown message."""
    violation = error_details_pb2.BadRequest.FieldViolation(field="sugar", description="too sweet")
    known = any_pb2.Any()
    known.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    unknown = any_pb2.Any(type_url="type.googleapis.com/cafe.v1.Unknown", value=b"\x08\x01")
    details = status_pb2.Status(code=code, message=FAILURE, details=[known, unknown])
    trailing = (*seen.trailing(), ("grpc-status-details-bin", details.SerializeToString()))
    print(seen.line(f"failed with {code}"), flush=True)
    await context.abort(CODES[code], FAILURE, trailing)


class CoffeeMachine(services.CoffeeMachineServicer):
    async def MakeLatte(self, request, context):
        async with call("MakeLatte", context) as seen:
            seen.messages = 1
            return cafe.Coffee(name=request.name, temperature=90 - request.sugar)

    async def Watch(self, request, context):
        async with call("Watch", context) as seen:
            seen.messages = 1
            fail_after = int(seen.first("x-fail-after") or -1)
            for number in range(request.count):
                if number == fail_after:
                    await fail(grpc.StatusCode.ABORTED.value[0], seen, context)
                padding = bytes(request.size)
                yield cafe.Order(number=number, name=f"order {number}", padding=padding)

    async def Upload(self, requests, context):
        async with call("Upload", context) as seen:
            grams = 0
            async for bean in requests:
                seen.messages += 1
                grams += bean.grams
            return cafe.Receipt(beans=seen.messages, grams=grams)

    async def Chat(self, requests, context):
        async with call("Chat", context) as seen:
            async for line in requests:
                seen.messages += 1
                yield cafe.Line(text=line.text)


def credentials(folder, demanding):
    """What the server shows, and whether it demands a certificate of its clients."""
    read = lambda name: (Path(folder) / name).read_bytes()
    pair = (read("server.key"), read("server.pem"))
    if not demanding:
        return grpc.ssl_server_credentials([pair])
    return grpc.ssl_server_credentials([pair], read("ca.pem"), require_client_auth=True)


async def main(path, certificates):
    server = grpc.aio.server()
    services.add_CoffeeMachineServicer_to_server(CoffeeMachine(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    targets = [f"http://127.0.0.1:{port}", f"unix:{path}"]
    server.add_insecure_port(targets[1])
    for demanding in (False, True):
        port = server.add_secure_port("127.0.0.1:0", credentials(certificates, demanding))
        targets.append(f"https://localhost:{port}")
    await server.start()
    print("listening", *targets, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
