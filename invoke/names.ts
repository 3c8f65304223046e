/**
 * The names of members, parameters and headers that may stand in a log: ours, and those of the formats that are served. Any
 * other name in a request is its caller's own text, a prompt or a key put into the wrong place for instance. A list, and not a
 * rule for each surface: what a surface forgets to say is then left out of the log, and not put into it.
 */
const NAMES = new Set(
  `
  accept authorization body content-encoding content-length content-type day from format group month path query to x-api-key
  x-tollgate-fallback x-tollgate-usage x-tollgate-use-case

  audio effort format frequency_penalty function function_call functions include_obfuscation include_usage json_schema
  logit_bias logprobs max_completion_tokens max_tokens messages metadata modalities model n parallel_tool_calls prediction
  presence_penalty prompt_cache_key prompt_cache_retention prompt_cache_options reasoning reasoning_effort response_format
  safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user
  verbosity web_search_options
  annotations arguments content detail description file file_data file_id filename id image_url input_audio name parameters
  reasoning_content reasoning_details refusal role schema signature strict text tool_call_id tool_calls type url
  allowed_tools index mode moderation prompt_cache_breakpoint
  negative_prompt output_compression output_format partial_images quality size style
  documents max_chunks_per_doc max_tokens_per_doc priority rank_fields return_documents top_n
  background conversation dimensions encoding_format include input input_type instructions max_output_tokens max_tool_calls
  call_id file_url output previous_response_id prompt response_id starting_after summary truncation

  anthropic_beta anthropic_version budget_tokens cache_control citations container context_management data max_tokens_to_sample
  media_type mcp_servers output_config source stop_sequences system thinking title tool_use tool_use_id tool_result top_k
  after_id allowed_callers before_id caller context defer_loading diagnostics disable_parallel_tool_use display
  eager_input_streaming enabled inference_geo input_examples input_schema is_error limit output_format signature speed toolset_name
  transformations user_id user_profile_id workspace_id

  additionalModelRequestFields additionalModelResponseFieldPaths bytes cachePoint citationsContent document guardContent
  guardrailConfig guardrailIdentifier guardrailVersion image inferenceConfig inputSchema json maxTokens modelId outputConfig
  performanceConfig promptVariables reasoningContent reasoningText requestMetadata serviceTier stopSequences
  streamProcessingMode toolChoice toolConfig toolResult toolSpec toolUse toolUseId topP trace ttl video
  latency max_gen_len max_new_tokens maxTokenCount textGenerationConfig
  additional_model_fields aspect_ratio embeddingConfig imageGenerationConfig inputs max_tokens_to_sample messages_api model_arn
  model_id model_kwargs negative_prompt normalize output_dimension output_format parameters requestId return_full_text streaming
  taskType team_id text_prompts textToImageParams tool_config topK weight
  outputScope
  amazon-bedrock-guardrailConfig anthropic-beta anthropic-version x-amzn-bedrock-accept x-amzn-bedrock-guardrailidentifier
  x-amzn-bedrock-guardrailversion x-amzn-bedrock-performanceconfig-latency x-amzn-bedrock-request-metadata
  x-amzn-bedrock-service-tier x-amzn-bedrock-trace

  inputs audio_url video_url
  x-amzn-sagemaker-accept x-amzn-sagemaker-content-type x-amzn-sagemaker-custom-attributes
  x-amzn-sagemaker-enable-explanations x-amzn-sagemaker-inference-component x-amzn-sagemaker-inference-id
  x-amzn-sagemaker-prefix-aware-id x-amzn-sagemaker-session-id x-amzn-sagemaker-target-container-hostname
  x-amzn-sagemaker-target-model x-amzn-sagemaker-target-variant
  x-amzn-sagemaker-filename x-amzn-sagemaker-inputlocation x-amzn-sagemaker-invocationtimeoutseconds
  x-amzn-sagemaker-requestttlseconds x-amzn-sagemaker-s3outputpathextension
  `
    .trim()
    .split(/\s+/),
);

const UNKNOWN = 'unknown';

/**
 * @param field where a request is at fault, e.g. `messages[0].content[1].foo`
 * @returns the same for a log: `messages[0].content[1].unknown`
 */
export function loggedField(field: string): string {
  return field.replace(/\[\d{1,4}\]|[^.[\]]+|\[|\]/g, (part) => {
    if (part.startsWith('[') && part.length > 1) return part;
    return NAMES.has(part) ? part : part.length === 1 && '[]'.includes(part) ? '' : UNKNOWN;
  });
}

/** Characters of a caller's own name that its answer repeats. */
const SHOWN_MAX_CHARS = 64;

/** A name as its own caller may be told it: of one line, bounded, and one part of a path whatever it holds. */
export function shownName(name: string): string {
  return name.slice(0, SHOWN_MAX_CHARS).replace(/[^\p{L}\p{N}_$@-]/gu, '?');
}
