"""Texts that run as script where a page forgets to escape: each calls hit(), which a page must never do."""

PAYLOADS = (
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg/onload=hit()>",
    '"><script>hit()</script>',
    "'><img src=x onerror=hit()>",
    "</textarea><script>hit()</script>",
    "</title><script>hit()</script>",
    "--><script>hit()</script>",
    '" autofocus onfocus=hit() x="',
    "' onmouseover=hit() '",
    "javascript:hit()",
    "<a href=javascript:hit()>click</a>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<details open ontoggle=hit()>",
    "{{ hit() }}{% for x in y %}",
    "${hit()}`${hit()}`",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=hit()></style></mglyph></math>",
    "<form action=javascript:hit()><button>go</button></form>",
    "<div hx-get='/logout' hx-trigger='load' hx-on:click='hit()'>",
    "<template><script>hit()</script></template><object data=javascript:hit()>",
)
