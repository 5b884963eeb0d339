/// The bare handler: the least work that a token can cost on this HTTP server.
@NullMarked
package io.clientele.bench.bare;

import org.jspecify.annotations.NullMarked;
