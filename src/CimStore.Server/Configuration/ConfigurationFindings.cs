using System.Collections.Immutable;

namespace CimStore.Server.Configuration;

/// <summary>Collects what is wrong with one file: a person puts right all of it at once, not one error a run.</summary>
internal sealed class ConfigurationFindings(JsonSource source)
{
    private readonly List<ConfigurationFinding> _all = [];

    public bool HasErrors => _all.Exists(finding => finding.IsError);

    public void Error(JsonNodeAt node, string message) =>
        _all.Add(source.Finding(true, node.Start, node.Path, message));

    public void Warn(JsonNodeAt node, string message) =>
        _all.Add(source.Finding(false, node.Start, node.Path, message));

    /// <summary>An error that lies in a key, not in its value.</summary>
    public void ErrorAtKey(JsonPropertyAt property, string message) =>
        _all.Add(source.Finding(true, property.NameStart, property.Value.Path, message));

    /// <summary>As they stand in the file.</summary>
    public ImmutableArray<ConfigurationFinding> ToArray() =>
        [.. _all.OrderBy(finding => finding.Line).ThenBy(finding => finding.Column)];
}
