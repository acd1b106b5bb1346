// What a line from the host means.
#pragma once
#include <stdint.h>

void commands_line(char *line, uint8_t length);  // a whole line without its end
void commands_bad(const char *why_P);            // a line that is none; `why_P` in flash
void commands_event(uint8_t input);              // a debounced input changed
void commands_poll(void);                        // reports what ended by itself
void commands_boot(void);
