"""Pages an indexer with the OpenSearch project's own client, and prints what it got as one line of JSON."""

import json
import sys

from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthenticationException, NotFoundError, SSLError

URL, CA, USER, PASSWORD, PATTERN = sys.argv[1:]


def client(password=PASSWORD, ca=CA):
    return OpenSearch([URL], http_auth=(USER, password), verify_certs=True, ca_certs=ca, max_retries=0, timeout=30)


def walk(search, body):
    """Every hit of a walk, page by page, up to the empty page; and the totals that the pages told."""
    found, totals, after = [], set(), None
    while True:
        page = search(body if after is None else {**body, "search_after": after})
        assert page["timed_out"] is False
        assert page["_shards"]["failed"] == 0
        assert page["_shards"]["successful"] == page["_shards"]["total"] > 0
        totals.add((page["hits"]["total"]["value"], page["hits"]["total"]["relation"]))
        hits = page["hits"]["hits"]
        if not hits:
            return {"found": found, "totals": sorted(totals)}
        found += [[hit["_index"], hit["_id"], hit["sort"][0], hit["_source"]["id"]] for hit in hits]
        after = hits[-1]["sort"]


def raises(kind, call):
    try:
        call()
    except kind as error:
        return str(error.status_code)
    return "nothing was raised"


BODY = {
    "size": 500,
    "track_total_hits": True,
    "query": {"match_all": {}},
    "sort": [{"timestamp": {"order": "asc"}}, {"_id": {"order": "asc"}}],
}
ours = client()
told = {
    "about": ours.info()["version"]["number"],
    "count": ours.count(index=PATTERN)["count"],
    "plain": walk(
        lambda body: ours.search(index=PATTERN, body=body, params={"allow_partial_search_results": "false"}), BODY
    ),
}
pit = ours.create_pit(index=PATTERN, params={"keep_alive": "2m", "allow_partial_pit_creation": "false"})
body = {**BODY, "pit": {"id": pit["pit_id"], "keep_alive": "2m"}}
told["pit"] = walk(lambda body: ours.search(body=body), body)
told["closed"] = [one["successful"] for one in ours.delete_pit(body={"pit_id": [pit["pit_id"]]})["pits"]]
told["after_close"] = raises(NotFoundError, lambda: ours.search(body=body))
told["wrong_password"] = raises(AuthenticationException, lambda: client("wrong").search(index=PATTERN, body=BODY))
told["no_index"] = raises(NotFoundError, lambda: ours.search(index="wazuh-alerts-4.x-1999.01.01", body=BODY))
# Its own list of authorities does not know ours.
told["unknown_ca"] = raises(SSLError, lambda: client(ca=None).info())
print(json.dumps(told))
