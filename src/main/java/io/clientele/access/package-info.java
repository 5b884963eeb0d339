/// Who may do what, and who may give what: roles, privileges, callers, the gate.
@NullMarked
package io.clientele.access;

import org.jspecify.annotations.NullMarked;
