/* The least that sealing and sending can cost: AES-256-GCM (OpenSSL) over a burst of RTP packets, then one UDP send that
   the kernel splits (GSO), in a loop that does nothing else. Prints CPU microseconds per packet. floor PORT BURST SECONDS */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
enum { HEADER = 12, PAYLOAD = 1140, TAG = 16, PACKET = HEADER + PAYLOAD + TAG, MOST = 54 };

static double cpu(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int burst = atoi(words[2]), size = PACKET, done;
    if (burst < 1 || burst > MOST) return 2;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int out = socket(AF_INET, SOCK_DGRAM, 0);
    if (setsockopt(out, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size)) return 3;
    unsigned char key[32] = {1}, nonce[12] = {2}, plain[PAYLOAD] = {3}, run[MOST * PACKET];
    EVP_CIPHER_CTX *seal = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(seal, EVP_aes_256_gcm(), NULL, key, nonce);
    uint64_t packets = 0;
    uint32_t number = 0;
    time_t end = time(NULL) + atoi(words[3]);
    double began = cpu();
    while (time(NULL) < end) {
        for (int place = 0; place < burst; place++, number++) {
            unsigned char *packet = run + place * PACKET;
            memset(packet, 0x80, HEADER);
            memcpy(packet + 2, &number, 2);
            memcpy(nonce + 8, &number, 4);
            EVP_EncryptInit_ex(seal, NULL, NULL, NULL, nonce);
            EVP_EncryptUpdate(seal, NULL, &done, packet, HEADER);
            EVP_EncryptUpdate(seal, packet + HEADER, &done, plain, PAYLOAD);
            EVP_EncryptFinal_ex(seal, packet + HEADER + PAYLOAD, &done);
            EVP_CIPHER_CTX_ctrl(seal, EVP_CTRL_GCM_GET_TAG, TAG, packet + HEADER + PAYLOAD);
        }
        if (sendto(out, run, (size_t)burst * PACKET, 0, (struct sockaddr *)&to, sizeof to) > 0) packets += burst;
    }
    printf("%.3f\n", packets ? 1e6 * (cpu() - began) / packets : 0.0);
    return 0;
}
