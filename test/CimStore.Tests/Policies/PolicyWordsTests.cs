using System.Text;
using CimStore.Policies;
using Xunit;

namespace CimStore.Tests.Policies;

public sealed class PolicyWordsTests
{
    [Fact]
    public void Every_condition_has_its_words()
    {
        const string Text =
            """
            {
              "name": "all", "halfLife": "36h", "minimumResidence": "1d", "breakEvenWithin": "30d",
              "watermarks": { "raised": "70%", "high": "85%" },
              "rules": [
                {
                  "name": "a", "to": "cold",
                  "when": { "tier": ["hot", "warm"], "pressure": "raised", "age": { "from": "7d" } }
                },
                {
                  "name": "b", "to": "hot",
                  "when": { "size": { "from": "1KiB", "below": "1MiB" }, "class": "critical" }
                },
                { "name": "c", "when": { "frequency": { "above": "1/day", "atMost": "3/day" } }, "to": "warm" },
                { "name": "d", "when": { "dataClass": "financial", "pattern": "archival" }, "to": "warm" },
                { "name": "e", "to": "archive" }
              ]
            }
            """;

        Assert.Equal(
            [
                "Frequency is what is read of late: a read counts half after 36h.",
                "What has moved stays for 1d, whatever the rules say.",
                "A move to a colder tier is made when it earns its cost within 30d.",
                "A tier is under raised pressure from 70% full on, and takes nothing up then; under high pressure from "
                    + "85% on.",
                "The first rule that matches wins:",
                "  1. a: at hot or warm, its tier under raised (or high) pressure, age from 7d on -> cold",
                "  2. b: size from 1KiB to below 1MiB, class critical -> hot",
                "  3. c: read more than 1/day and at most 3/day -> warm",
                "  4. d: data class financial, pattern archival -> warm",
                "  5. e: whatever it is -> archive",
            ],
            PolicyWords.Of(Assert.Single(PolicyReader.Read(Encoding.UTF8.GetBytes(Text)).Policies)));
        Assert.Contains("Moves are made whatever they cost.", PolicyWords.Of(MigrationPolicies.SeedV1));
    }
}
