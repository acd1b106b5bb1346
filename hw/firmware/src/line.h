// Lines out: a text is put together, closed with its CRC and sent; the answer to the last command is kept, so that it
// can be given again.
#pragma once
#include <avr/pgmspace.h>
#include <stdbool.h>
#include <stdint.h>

#define LINE_MAX 100  // characters of a line without its end
#define EVENT_MAX 48  // bytes of the longest event but boot, with CRC and end

void line_begin(void);
void line_text(PGM_P text);
void line_number(uint32_t number);
void line_hex(uint16_t number);       // four digits
void line_pair(PGM_P key, uint32_t number);  // " key=number"
void line_send(void);                 // with CRC and end
void line_keep(void);                 // this was the answer to the last command
bool line_resend(void);               // the kept answer again; false if there is none
void line_forget(void);               // there is none any more
bool line_fits(void);                 // whether an event can be sent without waiting

uint16_t crc16(uint16_t crc, uint8_t byte);
bool crc_of_line(char *line, uint8_t length, uint16_t *crc);  // checks and cuts off "*XXXX"
