// SPDX-License-Identifier: Apache-2.0
// The function that does nothing: what is left of an invocation's time is the overhead.
#include "tarn/lambda.h"

static int answer(struct tarn_event *event, void *user)
{
    (void)user;
    return tarn_respond(event, "{}", 2);
}

int main(void)
{
    return tarn_lambda_run(answer, NULL);
}
