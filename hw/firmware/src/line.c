#include "line.h"

#include <stdlib.h>
#include <string.h>
#include <util/crc16.h>

#include "uart.h"

static char line[LINE_MAX + 1], kept[LINE_MAX + 1];
static uint8_t length;

// CRC-16/IBM-3740 (also called CCITT-FALSE): polynomial 0x1021, starts with 0xFFFF, nothing reflected or inverted.
uint16_t crc16(uint16_t crc, uint8_t byte) { return _crc_xmodem_update(crc, byte); }

static void put(char c) {
    if (length < LINE_MAX) line[length++] = c;
}

void line_begin(void) { length = 0; }

void line_text(PGM_P text) {
    for (char c; (c = pgm_read_byte(text)); text++) put(c);
}

void line_number(uint32_t number) {
    char digits[11];
    ultoa(number, digits, 10);
    for (char *c = digits; *c; c++) put(*c);
}

static char hex_digit(uint8_t value) { return value < 10 ? '0' + value : 'A' + value - 10; }

void line_hex(uint16_t number) {
    for (int8_t shift = 12; shift >= 0; shift -= 4) put(hex_digit((number >> shift) & 0x0F));
}

void line_pair(PGM_P key, uint32_t number) {
    put(' ');
    line_text(key);
    put('=');
    line_number(number);
}

static void send(const char *text) {
    uint16_t crc = 0xFFFF;
    for (const char *c = text; *c; c++) {
        crc = crc16(crc, *c);
        uart_put(*c);
    }
    uart_put('*');
    for (int8_t shift = 12; shift >= 0; shift -= 4) uart_put(hex_digit((crc >> shift) & 0x0F));
    uart_put('\n');
}

void line_send(void) {
    line[length] = 0;
    send(line);
}

void line_keep(void) {
    line[length] = 0;
    strcpy(kept, line);
}

bool line_resend(void) {
    if (!kept[0]) return false;
    send(kept);
    return true;
}

void line_forget(void) { kept[0] = 0; }

bool line_fits(void) { return uart_room() >= EVENT_MAX; }

// The value of a digit, or a large number. Only capitals: one spelling for one line.
static uint8_t digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 0xFF;
}

bool crc_of_line(char *text, uint8_t size, uint16_t *crc) {
    if (size < 6 || text[size - 5] != '*') return false;
    uint16_t said = 0, is = 0xFFFF;
    for (uint8_t i = size - 4; i < size; i++) {
        uint8_t digit = digit_of(text[i]);
        if (digit > 15) return false;
        said = said << 4 | digit;
    }
    for (uint8_t i = 0; i < size - 5; i++) is = crc16(is, text[i]);
    text[size - 5] = 0;
    *crc = is;
    return said == is;
}
