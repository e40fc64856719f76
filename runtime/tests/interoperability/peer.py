"""The Python implementation of Standard Webhooks as a peer: signs and posts, or receives and verifies."""

import http.server
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def post(secret, url, ids):
    """Posts one signed request for each id, and prints what it was answered."""
    for number, identity in enumerate(ids):
        body = '{"n": %d, "text": "Z\u00fcrich"}' % number
        now = datetime.now(tz=timezone.utc)
        signature = Webhook(secret).sign(identity, now, body)
        headers = {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        request = urllib.request.Request(url, body.encode(), headers, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            status = opener.open(request).status
        except urllib.error.HTTPError as error:
            status = error.code
        print(status, flush=True)


def receive(secret):
    """Answers 204 to what is genuine and 401 to the rest; prints its port, then each status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            try:
                Webhook(secret).verify(body, {name.lower(): value for name, value in self.headers.items()})
                status = 204
            except json.JSONDecodeError:
                # This implementation verifies first, and then wants JSON.
                status = 204
            except WebhookVerificationError:
                status = 401
            self.send_response(status)
            self.end_headers()
            print(status, flush=True)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if sys.argv[1] == "post":
    post(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    receive(sys.argv[2])
