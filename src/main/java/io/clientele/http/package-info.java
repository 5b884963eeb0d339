/// HTTP: the server, requests, answers, forms, JSON, errors as bytes, the request log.
@NullMarked
package io.clientele.http;

import org.jspecify.annotations.NullMarked;
