/// What was done, by whom, when: rows written in the deed's own transaction, chained by hashes.
@NullMarked
package io.clientele.audit;

import org.jspecify.annotations.NullMarked;
