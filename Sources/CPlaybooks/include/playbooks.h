// The texts of docs/playbooks, compiled in: they are of the binary's version, and there even on a
// node that was installed without documentation.
#pragma once

// The playbook of a condition in Markdown; NULL where there is none.
const char *fw_playbook(const char *condition);
