/// Identifiers as types. `parse` reads strangers' text; constructors are for text already known to
/// be right.
@NullMarked
package io.clientele.id;

import org.jspecify.annotations.NullMarked;
