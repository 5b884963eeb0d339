/// What clients of the server did and were answered, with the times at which each request began and
/// its answer was there; and a judge who knows nothing else.
@NullMarked
package io.clientele.trust.history;

import org.jspecify.annotations.NullMarked;
