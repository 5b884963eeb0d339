/// Load generators, and what a stretch of load cost the server.
@NullMarked
package io.clientele.bench.load;

import org.jspecify.annotations.NullMarked;
